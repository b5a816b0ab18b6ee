// One tab at a time asks the server for a thing: it holds the thing's lock (Web Locks) and tells the others what came
// (BroadcastChannel). A tab that ends, however it ends, loses its lock: the next in line asks in its place.

const ANSWERED = "answered";

export class Tabs extends EventTarget {
  // `voice` is the same channel once more: a BroadcastChannel does not hear itself.
  constructor({ channel, voice, locks, clock, graceMs }) {
    super();
    Object.assign(this, { channel, voice, locks, clock, graceMs });
    channel.addEventListener("message", ({ data }) => this.dispatchEvent(new MessageEvent(data.kind, { data })));
  }

  tell(message) {
    this.channel.postMessage(message);
  }

  close() {
    this.channel.close();
    this.voice.close();
  }

  // Answers {own} with what `ask` answered, or {told} with another tab's message that came while waiting for the turn.
  async inTurn(key, { signal, ask, accepts }) {
    if (!this.locks) return { own: await ask() };
    const lock = `deduplication:${key}`;
    const heard = this.listen(key, accepts);
    try {
      const first = await this.locks.request(lock, { ifAvailable: true }, async (held) => held && { own: await ask() });
      return first ?? await this.behind(lock, { signal, ask, heard });
    } finally {
      heard.stop();
    }
  }

  async behind(lock, { signal, ask, heard }) {
    const turn = this.locks.request(lock, { signal: AbortSignal.any([signal, heard.signal]) }, async () => {
      // Lock and message take different ways: the message of a tab that went on well may be behind.
      await Promise.race([heard.message, this.caughtUp(signal)]);
      return heard.told ?? { own: await ask() };
    });
    return Promise.race([heard.message, turn]);
  }

  // Resolves when what was told before now has been heard: messages do not overtake each other, so our own word comes
  // after it, however slow the machine. A browser that keeps no order among tabs is given a moment more.
  async caughtUp(signal) {
    const name = `echo ${crypto.randomUUID()}`;
    await Promise.all([
      this.clock.sleep(this.graceMs, signal),
      new Promise((heard) => {
        this.addEventListener(name, heard, { once: true });
        signal.addEventListener("abort", heard, { once: true });
        this.voice.postMessage({ kind: name });
      }),
    ]);
  }

  listen(key, accepts) {
    const over = new AbortController();
    const heard = { signal: over.signal, told: null, stop: () => over.abort() };
    heard.message = new Promise((resolve) => {
      this.addEventListener(ANSWERED, ({ data }) => {
        if (data.key !== key || !accepts(data)) return;
        heard.told ??= { told: data };
        resolve(heard.told);
      }, { signal: over.signal });
    });
    return heard;
  }
}
