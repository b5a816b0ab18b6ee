// Moments on an axis: round ones, in the reader's time zone, as short as the range allows.

const STEPS = [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600];
const DAY = 86_400;

export function ticks(start, end, room) {
  const step = STEPS.find((one) => (end - start) / one <= room) ?? STEPS.at(-1);
  const shift = new Date(start * 1000).getTimezoneOffset() * 60; // round in the reader's own hours and days
  const first = Math.ceil((start - shift) / step) * step + shift;
  const found = [];
  for (let at = first; at <= end; at += step) found.push({ value: at });
  return found;
}

export function tickText(at, span) {
  const date = new Date(at * 1000);
  if (span > 2 * DAY) return date.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  const seconds = span <= 600 ? { second: "2-digit" } : {};
  return date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", ...seconds });
}

export function momentText(at) {
  return new Date(at * 1000).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
}
