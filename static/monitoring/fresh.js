// What the server renders of a live page (key figures, tables, events), asked for again now and then, and put in its place.

import { dress, sortAgain } from "./sorting.js";

const EVERY_MS = 10_000;
const SOON_MS = 300;

export class Fresh {
  constructor() {
    this.timer = null;
    this.asking = null;
  }

  start() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), EVERY_MS);
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = null;
    this.asking?.abort();
  }

  // Something happened: do not wait for the next turn.
  soon() {
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), SOON_MS);
  }

  async ask() {
    this.asking = new AbortController();
    try {
      const answer = await fetch(location.href, { signal: this.asking.signal, headers: { accept: "text/html" } });
      if (answer.ok && !answer.redirected) this.put(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // The server is away for a moment; the socket says so, and the next turn asks again.
    }
    if (this.timer !== null) this.start();
  }

  put(page) {
    for (const part of page.querySelectorAll("[data-fresh]")) {
      const old = document.querySelector(`[data-fresh="${part.dataset.fresh}"]`);
      if (!old || old.contains(document.activeElement)) continue; // whoever is in it keeps their place
      const scrolled = [...old.querySelectorAll(".table-frame")].map((frame) => frame.scrollTop);
      old.replaceWith(part);
      part.querySelectorAll(".table-frame").forEach((frame, index) => { frame.scrollTop = scrolled[index] ?? 0; });
    }
    dress();
    sortAgain();
  }
}
