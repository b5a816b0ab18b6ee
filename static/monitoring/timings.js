// The chat's own times, which it leaves as User Timing under names that begin with "chat.".

const PREFIX = "chat.";
const KEPT = 50;

export class Timings {
  constructor() {
    this.figures = {};
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => this.take(entry))).observe({ type: "measure", buffered: true });
  }

  take({ name, duration }) {
    if (!name.startsWith(PREFIX)) return;
    const times = (this.figures[name.slice(PREFIX.length)] ??= []);
    if (times.length < KEPT) times.push(duration);
  }
}
