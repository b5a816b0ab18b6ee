// One chart: its lines over a stretch of time that may go on, drawn by Chart.js from the tokens of the page.

import { tickText, ticks, momentText } from "./axis.js";
import { Legend } from "./legend.js";
import { colour, dash, faint } from "./palette.js";
import { written } from "./units.js";

const TICK_ROOM = 56; // pixels for one label
const GAP_SECONDS = 3;
const SECONDS_MOST = 240; // more points than that cost more than they show

export class Panel {
  constructor(figure, data, { start, end, colours, marks }) {
    this.figure = figure;
    this.data = data;
    this.isVisible = false;
    this.isStale = false;
    this.unsure = 1; // the last point from the tables: not every process may have written it yet
    this.legend = new Legend(figure, data.unit);
    this.start = start;
    this.end = end;
    const canvas = figure.querySelector("canvas");
    this.chart = new window.Chart(canvas, this.configuration(colours, marks));
    marks.listen(this.chart);
    this.paint(colours);
  }

  configuration(colours, marks) {
    const { unit, kind } = this.data;
    return {
      type: "line",
      data: { datasets: [...this.data.lines.map((line, index) => this.dataset(line, index)), ...this.earlier()] },
      plugins: [marks],
      options: {
        animation: false,
        parsing: false,
        normalized: true,
        responsive: true,
        maintainAspectRatio: false,
        layout: { padding: { top: 8 } },
        interaction: { mode: "nearest", axis: "x", intersect: false },
        scales: {
          x: {
            type: "linear", min: this.start, max: this.end, grid: { display: false },
            afterBuildTicks: (axis) => { axis.ticks = ticks(axis.min, axis.max, Math.max(2, axis.width / TICK_ROOM)); },
            ticks: { callback: (at) => tickText(at, this.end - this.start), maxRotation: 0, autoSkip: false },
          },
          y: {
            beginAtZero: true, stacked: kind === "area", suggestedMax: unit === "seconds" ? 0.001 : undefined,
            ticks: { callback: (value, _, all) => written(value, unit, all.at(-1).value), maxTicksLimit: 5 },
            border: { display: false },
          },
        },
        plugins: {
          legend: { display: false },
          tooltip: {
            callbacks: {
              title: ([first]) => (first ? momentText(first.parsed.x) : ""),
              label: ({ chart, dataset, parsed }) => `${dataset.label}: ${written(parsed.y, unit, chart.scales.y.max)}`,
            },
          },
        },
      },
    };
  }

  dataset(line, index) {
    const { start, step, kind } = this.data;
    const isFilled = kind !== "line";
    return {
      label: line.label,
      index,
      seconds: 0, // how many points at the end are one second long
      data: line.values.map((value, at) => ({ x: start + (at + 0.5) * step, y: value })),
      borderWidth: 1.5,
      borderDash: dash(index),
      pointRadius: (context) => (isAlone(context) ? 1.5 : 0),
      pointHitRadius: 8,
      fill: isFilled ? (kind === "area" ? "stack" : "origin") : false,
      stepped: kind === "bar" ? "middle" : false,
    };
  }

  // The period before, drawn faintly beneath, moved to where it would be now.
  earlier() {
    const place = new Map(this.data.lines.map((line, index) => [line.label, index]));
    return this.data.before.filter((line) => place.has(line.label)).map((line) => ({
      ...this.dataset(line, place.get(line.label)),
      label: `${line.label}, before`,
      isEarlier: true,
      fill: false,
      borderWidth: 1,
      stack: "before",
    }));
  }

  paint(colours) {
    this.colours = colours;
    for (const dataset of this.chart.data.datasets) this.tint(dataset);
    const { options } = this.chart;
    options.scales.x.ticks.color = options.scales.y.ticks.color = colours.soft;
    options.scales.x.ticks.font = options.scales.y.ticks.font = { size: 11, family: colours.font };
    options.scales.y.grid = { color: colours.grid };
    options.scales.x.border = { color: colours.grid };
    Object.assign(options.plugins.tooltip, {
      backgroundColor: colours.paper, titleColor: colours.ink, bodyColor: colours.ink, borderColor: colours.line, borderWidth: 1,
    });
    this.chart.update("none");
  }

  tint(dataset) {
    const own = colour(this.colours, dataset.index);
    dataset.borderColor = dataset.pointBackgroundColor = dataset.isEarlier ? faint(own, 0.45) : own;
    dataset.backgroundColor = faint(own, 0.22);
  }

  // Begins with the seconds that the server still knows; what was read from the tables ends there.
  begin({ times, lines }) {
    const from = lastStretch(times);
    const first = times[from];
    for (const dataset of this.own) {
      const until = dataset.data.length - dataset.seconds;
      const kept = dataset.data.slice(0, until).findIndex(({ x }) => x >= first);
      dataset.data.length = kept === -1 ? Math.max(0, until - this.unsure) : kept;
      dataset.seconds = 0;
    }
    this.unsure = 0;
    const told = Object.entries(lines);
    for (let index = from; index < times.length; index += 1) {
      this.add(times[index], Object.fromEntries(told.map(([label, values]) => [label, values[index]])));
    }
  }

  // Adds what one second brought: the values of lines by their labels. What did not move is not told.
  add(at, values) {
    for (const label of Object.keys(values)) this.line(label);
    for (const dataset of this.own) {
      dataset.data.push({ x: at, y: values[dataset.label] ?? this.nothing });
      dataset.seconds += 1;
      if (dataset.seconds >= SECONDS_MOST) fold(dataset, this.data.step);
    }
    this.isStale = true;
  }

  get own() {
    return this.chart.data.datasets.filter((one) => !one.isEarlier);
  }

  // What a line is worth that nothing was told of.
  get nothing() {
    return this.data.unit === "per second" || this.data.kind !== "line" ? 0 : null;
  }

  line(label) {
    const known = this.own.find((one) => one.label === label);
    if (known) return;
    const index = this.own.length;
    const made = this.dataset({ label, values: [] }, index);
    this.chart.data.datasets.push(made);
    this.tint(made);
    this.legend.add(label, index);
  }

  // Moves on to a later stretch and forgets what is left of it.
  move(start, end) {
    this.start = start;
    this.end = end;
    const { x } = this.chart.options.scales;
    x.min = start;
    x.max = end;
    for (const { data } of this.chart.data.datasets) {
      const first = data.findIndex((point) => point.x >= start);
      if (first > 1) data.splice(0, first - 1);
    }
    this.isStale = true;
  }

  draw() {
    if (!this.isStale || !this.isVisible) return;
    this.isStale = false;
    this.legend.show(this.own);
    this.chart.update("none");
  }
}

// Where the last seconds without a gap begin: while nobody watched, the tables know more.
function lastStretch(times) {
  let from = times.length - 1;
  while (from > 0 && times[from] - times[from - 1] < GAP_SECONDS) from -= 1;
  return from;
}

// Seconds that are some minutes old become points as long as those before them.
function fold(dataset, step) {
  const { data } = dataset;
  const first = data.length - dataset.seconds;
  const old = data.slice(first, first + step);
  const known = old.map(({ y }) => y).filter((y) => y !== null);
  const mean = known.length ? known.reduce((sum, y) => sum + y, 0) / known.length : null;
  data.splice(first, step, { x: old[Math.floor(old.length / 2)].x, y: mean });
  dataset.seconds -= step;
}

function isAlone({ dataset, dataIndex }) {
  const { data } = dataset;
  const isThere = (index) => data[index]?.y !== null && data[index]?.y !== undefined;
  return isThere(dataIndex) && !isThere(dataIndex - 1) && !isThere(dataIndex + 1);
}
