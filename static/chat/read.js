// The read marker: moved when the reader is there, has done something, and sees the end.

import { send } from "../deduplication/request.js";
import { LIST } from "./freshness.js";
import { markRead } from "./sidebar.js";

const SIGNS_OF_LIFE = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];
const PAUSE_MS = 1_000; // a busy conversation is not marked at every message

export class ReadMarker {
  constructor(history, live) {
    this.history = history;
    this.live = live;
    this.isPresent = false;
    this.isBusy = false;
    const sign = () => { this.isPresent = true; this.check(); };
    for (const name of SIGNS_OF_LIFE) addEventListener(name, sign, { once: true, passive: true });
    document.addEventListener("visibilitychange", () => this.check());
    history.pane.addEventListener("scroll", () => this.check(), { passive: true });
    history.addEventListener("changed", () => this.check());
    live.addEventListener("read", ({ detail }) => this.readElsewhere(detail));
  }

  get isDue() {
    const { history } = this;
    return this.isPresent && history.isAtEnd && history.last > history.read && document.visibilityState === "visible";
  }

  async check() {
    if (!this.isDue || this.isBusy) return;
    this.isBusy = true;
    try {
      await this.mark(this.history.last);
      setTimeout(() => { this.isBusy = false; this.check(); }, PAUSE_MS);
    } catch {
      this.isBusy = false; // nothing is lost: the next sign of life at the end tries again
    }
  }

  async mark(sequence) {
    const { conversation, viewer } = this.history;
    await send(`/api/conversations/${conversation}/read`, { body: { sequence }, tags: [LIST] });
    this.history.read = Math.max(this.history.read, sequence);
    markRead(conversation, sequence);
    this.live.tell({ type: "read", conversation, user: viewer, last_read_sequence: sequence });
  }

  readElsewhere({ conversation, user, last_read_sequence: sequence }) {
    const { history } = this;
    if (conversation === history.conversation && user.id === history.viewer.id) history.read = Math.max(history.read, sequence);
  }
}
