// One message about each page, sent when it is left or put aside for the first time.

import { pageTrace } from "./trace.js";

const PATH = "/api/rum";

export class Beacon {
  constructor(vitals, timings) {
    Object.assign(this, { vitals, timings, isSent: false });
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") this.send(); });
    addEventListener("pagehide", () => this.send());
  }

  send() {
    if (this.isSent) return;
    this.isSent = navigator.sendBeacon(PATH, JSON.stringify(this.message));
  }

  get message() {
    const [navigation] = performance.getEntriesByType("navigation");
    return {
      path: location.pathname,
      kind: navigation?.type ?? "navigate",
      trace: pageTrace(),
      vitals: this.vitals.figures,
      timings: this.timings.figures,
      avoided: window.requestStatistics?.().avoided ?? {},
    };
  }
}
