// One read under way and those who wait for it. Whoever leaves, leaves alone; the last one leaving ends it.

export class Flight {
  // `stamp` and `tags` say for whom its answer will be current.
  constructor({ stamp, tags, work }) {
    Object.assign(this, { stamp, tags });
    this.waiting = 0;
    this.controller = new AbortController();
    this.outcome = work(this.controller.signal);
    this.outcome.catch(() => {}); // each of those who wait hears of it
  }

  get isLeft() {
    return this.controller.signal.aborted;
  }

  join(signal) {
    this.waiting += 1;
    return new Promise((resolve, reject) => {
      const leave = () => {
        reject(signal.reason);
        this.leave(signal.reason);
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.outcome.then(resolve, reject).finally(() => signal?.removeEventListener("abort", leave));
    });
  }

  leave(reason) {
    this.waiting -= 1;
    if (this.waiting === 0) this.end(reason);
  }

  end(reason) {
    this.controller.abort(reason);
  }
}
