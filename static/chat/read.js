// The read marker: moved when the reader is there, has done something, and sees the end.

import { call } from "./api.js";
import { markRead } from "./sidebar.js";

const SIGNS_OF_LIFE = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];

export class ReadMarker {
  constructor(history) {
    this.history = history;
    this.isPresent = false;
    this.isBusy = false;
    const live = () => { this.isPresent = true; this.check(); };
    for (const sign of SIGNS_OF_LIFE) addEventListener(sign, live, { once: true, passive: true });
    history.pane.addEventListener("scroll", () => this.check(), { passive: true });
    history.addEventListener("changed", () => this.check());
  }

  async check() {
    const { history } = this;
    const isDue = this.isPresent && history.isAtEnd && history.last > history.read && document.visibilityState === "visible";
    if (!isDue || this.isBusy) return;
    this.isBusy = true;
    const sequence = history.last;
    try {
      await call("POST", `/api/conversations/${history.conversation}/read`, { sequence });
      history.read = sequence;
      markRead(history.conversation);
    } catch {
      // Nothing is lost: the next sign of life at the end tries again.
    } finally {
      this.isBusy = false;
    }
  }
}
