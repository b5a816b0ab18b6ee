// How often something may be done: decides, waits for nothing. One run is planned at a time, each at a random moment.

export class Throttle {
  constructor({ everyMs, atLeastMs = 0, jitterMs, random }) {
    Object.assign(this, { everyMs, atLeastMs, jitterMs, random });
    this.next = -Infinity;
  }

  // Answers the pause in ms before the run; null when one is planned already, which will do.
  plan(now) {
    if (now < this.next) return null;
    const earliest = Math.max(now + this.atLeastMs, this.next + this.everyMs);
    this.next = earliest + this.random() * this.jitterMs;
    return this.next - now;
  }
}
