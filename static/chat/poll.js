// Without a socket: the newest page is read now and then, while somebody looks.

const EVERY_MS = 15_000;
const LONGEST_MS = 120_000;

export class Poll {
  constructor(live, look) {
    Object.assign(this, { live, look });
    this.failures = 0;
    this.timer = null;
    live.addEventListener("state", () => this.plan());
    document.addEventListener("visibilitychange", () => this.plan({ isSoon: true }));
    addEventListener("pageshow", (event) => { if (event.persisted) this.plan({ isSoon: true }); });
    this.plan();
  }

  get isNeeded() {
    return !this.live.isLive && this.live.state.phase !== "signed_out" && document.visibilityState === "visible";
  }

  plan({ isSoon = false } = {}) {
    if (!this.isNeeded || isSoon) this.cancel();
    if (!this.isNeeded || this.timer !== null) return;
    const pause = isSoon ? 0 : Math.min(LONGEST_MS, EVERY_MS * 2 ** this.failures) * (0.75 + Math.random() / 2);
    this.timer = setTimeout(() => this.run(), pause);
  }

  cancel() {
    clearTimeout(this.timer);
    this.timer = null;
  }

  async run() {
    try {
      await this.look();
      this.failures = 0;
    } catch {
      this.failures += 1; // the next look waits longer
    }
    this.timer = null;
    this.plan();
  }
}
