// Core Web Vitals as web.dev defines them, in milliseconds; what a browser does not measure is missing.

const SHIFT_GAP_MS = 1_000;
const SHIFT_WINDOW_MS = 5_000;
const INTERACTION_MS = 40;
const KEPT = 10; // the longest interactions: enough for the 98th percentile of 500

export class Vitals {
  constructor() {
    this.LCP = this.CLS = null;
    this.window = { begun: 0, last: 0, sum: 0 };
    this.interactions = new Map();
    this.isStill = false; // after the first input nothing that appears counts as loading
    this.observe("largest-contentful-paint", (entry) => this.painted(entry));
    this.observe("layout-shift", (entry) => this.shifted(entry));
    this.observe("event", (entry) => this.interacted(entry), { durationThreshold: INTERACTION_MS });
    for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, () => { this.isStill = true; }, { once: true, capture: true });
    this.CLS = supports("layout-shift") ? (this.CLS ?? 0) : null;
  }

  observe(type, hear, options = {}) {
    if (!supports(type)) return;
    new PerformanceObserver((list) => list.getEntries().forEach(hear)).observe({ type, buffered: true, ...options });
  }

  painted(entry) {
    if (!this.isStill) this.LCP = entry.startTime;
  }

  // The worst burst of shifts that nobody caused: gaps of less than a second, five seconds in all.
  shifted({ hadRecentInput, startTime, value }) {
    if (hadRecentInput) return;
    const { begun, last, sum } = this.window;
    const isSame = sum && startTime - last < SHIFT_GAP_MS && startTime - begun < SHIFT_WINDOW_MS;
    this.window = isSame ? { begun, last: startTime, sum: sum + value } : { begun: startTime, last: startTime, sum: value };
    this.CLS = Math.max(this.CLS ?? 0, this.window.sum);
  }

  interacted({ interactionId: id, duration }) {
    if (!id) return;
    this.interactions.set(id, Math.max(duration, this.interactions.get(id) ?? 0));
    if (this.interactions.size <= KEPT) return;
    const [least] = [...this.interactions].reduce((one, other) => (other[1] < one[1] ? other : one));
    this.interactions.delete(least);
  }

  // The longest interaction, one of the next for each fifty there were.
  get INP() {
    const longest = [...this.interactions.values()].sort((one, other) => other - one);
    return longest[Math.min(longest.length - 1, Math.floor((performance.interactionCount ?? 0) / 50))] ?? null;
  }

  get figures() {
    const { LCP, INP, CLS } = this;
    return Object.fromEntries(Object.entries({ LCP, INP, CLS, TTFB: firstByte() }).filter(([, value]) => value !== null));
  }
}

function firstByte() {
  const [navigation] = performance.getEntriesByType("navigation");
  return navigation?.responseStart ? Math.max(0, navigation.responseStart - (navigation.activationStart ?? 0)) : null;
}

function supports(type) {
  return PerformanceObserver.supportedEntryTypes.includes(type);
}
