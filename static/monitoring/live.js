// The live connection of a performance page: what each second brought, from the one socket of the site's figures.

import { Link } from "../live/link.js";
import { Wire } from "../live/wire.js";

const SILENT = 2; // processes begin to speak once somebody watches: the first seconds would look as if nothing happened
const WORDS = { live: "Live", waiting: "Reconnecting", connecting: "Connecting", refused: "Not allowed", signed_out: "Signed out", paused: "Paused" };

export function startLive(wall, fresh) {
  new Live(wall, fresh, document.getElementById("live")).start();
}

class Live {
  constructor(wall, fresh, button) {
    Object.assign(this, { wall, fresh, button });
    this.isPaused = false;
    this.deltas = 0;
    this.link = new Link({ now: Date.now, random: Math.random });
    this.wire = new Wire({
      url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/performance/`,
      link: this.link,
      opened: () => this.wire.send({ type: "watch", charts: wall.names }),
      heard: (frame) => this.heard(frame),
      changed: () => this.show(),
    });
  }

  start() {
    this.button.addEventListener("click", () => this.turn());
    document.addEventListener("visibilitychange", () => this.settle());
    addEventListener("pagehide", () => this.wire.stop());
    this.settle();
  }

  turn() {
    this.isPaused = !this.isPaused;
    this.settle();
  }

  // Nobody looks, or wants it to stand still: the server is asked for nothing.
  settle() {
    if (this.isPaused || document.hidden) {
      this.wire.stop();
      this.fresh.stop();
    } else {
      this.wire.wake();
      this.fresh.start();
    }
    this.show();
  }

  show() {
    const phase = this.isPaused ? "paused" : this.link.phase;
    this.button.dataset.phase = phase;
    this.button.setAttribute("aria-pressed", String(!this.isPaused));
    this.button.querySelector("[data-live-word]").textContent = WORDS[phase] ?? phase;
  }

  heard({ type, at, charts, events }) {
    if (type !== "snapshot" && type !== "delta") return;
    this.deltas = type === "delta" ? this.deltas + 1 : 0;
    if (type === "delta" && this.deltas <= SILENT) charts = {};
    for (const [name, told] of Object.entries(charts)) {
      if (type === "snapshot") this.wall.panels.get(name)?.begin(told);
      else this.wall.panels.get(name)?.add(at, told);
    }
    for (const event of events) this.happened(event);
    this.wall.move(at);
  }

  happened(event) {
    if (!this.wall.mark(event)) return;
    document.getElementById("spoken").textContent = event.title;
    this.fresh.soon();
  }
}
