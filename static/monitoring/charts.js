// The charts of a page: drawn from what the page embeds, and, while they are live, once a second from the socket.

import { Fresh } from "./fresh.js";
import { startLive } from "./live.js";
import { Marks } from "./marks.js";
import { onTheme, palette } from "./palette.js";
import { Panel } from "./panel.js";

export function startCharts() {
  const embedded = document.getElementById("embedded");
  if (!embedded || !window.Chart) return;
  const wall = new Wall(JSON.parse(embedded.textContent));
  onTheme(() => wall.paint());
  if (wall.isLive) startLive(wall, new Fresh());
}

// All charts of the page; draws those one can see, all in one frame.
class Wall {
  constructor({ charts, markers, start, end, seconds, live }) {
    this.isLive = live;
    this.seconds = seconds;
    this.frame = null;
    const colours = palette();
    this.marks = new Marks(markers, colours.kinds);
    this.panels = new Map();
    for (const data of charts) {
      const figure = document.getElementById(`c-${data.name}`);
      this.panels.set(data.name, new Panel(figure, data, { start, end, colours, marks: this.marks }));
    }
    this.watch();
  }

  get names() {
    return [...this.panels.keys()];
  }

  watch() {
    const byFigure = new Map([...this.panels.values()].map((panel) => [panel.figure, panel]));
    const seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) byFigure.get(target).isVisible = isIntersecting;
      this.draw();
    }, { rootMargin: "100px" });
    for (const figure of byFigure.keys()) seen.observe(figure);
  }

  paint() {
    const colours = palette();
    this.marks.kinds = colours.kinds;
    for (const panel of this.panels.values()) panel.paint(colours);
  }

  // Draws what happened, and tells whether it is news.
  mark(marker) {
    if (!this.marks.add(marker)) return false;
    for (const panel of this.panels.values()) panel.isStale = true;
    return true;
  }

  // Moves every chart on to the moment, and draws.
  move(end) {
    for (const panel of this.panels.values()) panel.move(end - this.seconds, end);
    this.draw();
  }

  draw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      for (const panel of this.panels.values()) panel.draw();
    });
  }
}
