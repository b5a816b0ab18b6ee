// What happened, as lines through every chart. The list above the charts holds the same for keyboard and ear.

const REACH = 6; // pixels
const HEAD = 4;
const SAME_SECONDS = 0.01;

export class Marks {
  constructor(markers, kinds) {
    this.markers = markers;
    this.kinds = kinds; // their colours
    this.id = "marks";
  }

  // Adds one and tells whether it was not there yet: the page and the socket may both tell of it.
  add(marker) {
    const isKnown = this.markers.some(({ at, title }) => title === marker.title && Math.abs(at - marker.at) < SAME_SECONDS);
    if (!isKnown) this.markers.push(marker);
    return !isKnown;
  }

  // Chart.js calls this of every chart it has drawn.
  afterDatasetsDraw(chart) {
    const { ctx, chartArea: area, scales: { x } } = chart;
    ctx.save();
    ctx.lineWidth = 1;
    for (const marker of this.markers) {
      if (marker.at < x.min || marker.at > x.max) continue;
      this.draw(ctx, area, Math.round(x.getPixelForValue(marker.at)) + 0.5, this.kinds[marker.kind] ?? this.kinds.other);
    }
    ctx.restore();
  }

  draw(ctx, area, at, colour) {
    ctx.strokeStyle = ctx.fillStyle = colour;
    ctx.setLineDash([2, 3]);
    ctx.beginPath();
    ctx.moveTo(at, area.top);
    ctx.lineTo(at, area.bottom);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(at - HEAD, area.top - HEAD);
    ctx.lineTo(at + HEAD, area.top - HEAD);
    ctx.lineTo(at, area.top + 2);
    ctx.fill();
  }

  // The marker beneath the pointer, if there is one.
  at(chart, pixel) {
    const { x } = chart.scales;
    const near = this.markers.map((marker) => ({ marker, far: Math.abs(x.getPixelForValue(marker.at) - pixel) }));
    const [closest] = near.filter(({ far }) => far <= REACH).sort((one, other) => one.far - other.far);
    return closest?.marker ?? null;
  }

  listen(chart) {
    const { canvas } = chart;
    canvas.addEventListener("mousemove", ({ offsetX }) => {
      const marker = this.at(chart, offsetX);
      canvas.style.cursor = marker?.link ? "pointer" : "";
      canvas.title = marker ? `${marker.title}\n${marker.detail}` : "";
    });
    canvas.addEventListener("click", ({ offsetX }) => {
      const link = this.at(chart, offsetX)?.link;
      if (link) location.assign(link);
    });
  }
}
