// The colours of charts: the page's own tokens, as the browser resolves them in the theme that holds now.

const SERIES = 8;
const DASHES = [[], [5, 3], [2, 2], [], [5, 3], [], [5, 3], [2, 2]];

export function palette() {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const resolved = (token) => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
  const found = {
    series: Array.from({ length: SERIES }, (_, index) => resolved(`series-${index + 1}`)),
    grid: resolved("grid"),
    ink: resolved("ink"),
    soft: resolved("ink-soft"),
    paper: resolved("raised"),
    line: resolved("line-strong"),
    kinds: { deploy: resolved("series-2"), audit: resolved("series-4"), other: resolved("series-6") },
    font: getComputedStyle(document.body).fontFamily,
  };
  probe.remove();
  return found;
}

export function colour(colours, index) {
  return colours.series[index % SERIES];
}

export function dash(index) {
  return DASHES[index % DASHES.length];
}

export function faint(colour, share) {
  const [red, green, blue] = colour.match(/[\d.]+/g);
  return `rgba(${red}, ${green}, ${blue}, ${share})`;
}

// Told whenever the theme changes, by the switch or by the system.
export function onTheme(run) {
  new MutationObserver(run).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", run);
}
