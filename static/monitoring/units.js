// Figures as people read them; apps/monitoring/pages/unit.py says the same for the first paint.

const SECONDS = [[1e-6, "ns", 1e9], [1e-3, "µs", 1e6], [1, "ms", 1e3], [120, "s", 1]];
const BYTES = ["B", "KB", "MB", "GB", "TB"];
const PERIODS = [["s", 1], ["min", 60], ["h", 3600], ["d", 86_400]];
const LITTLE = 0.1;
const THOUSANDS = [[1e9, "G", 1e9], [1e6, "M", 1e6], [1e4, "k", 1e3]];

// `most` is the greatest of those it stands among, as on an axis: they share what a rate is told of.
export function written(number, unit, most = number) {
  if (number === null || number === undefined || Number.isNaN(number)) return "—";
  if (unit === "seconds") return seconds(number);
  if (unit === "bytes") return bytes(number);
  if (unit === "share") return `${digits(number * 100)}%`;
  if (unit === "per second") return rate(number, most);
  return `${count(number)} ${unit}`.trim();
}

export function digits(number) {
  const size = Math.abs(number);
  if (size >= 99.95) return Math.round(number).toLocaleString("en");
  if (size < 0.1) return String(Number(Number(number.toPrecision(2)).toFixed(6)));
  return String(Number(number.toFixed(size >= 9.995 ? 1 : 2)));
}

function seconds(number) {
  if (!number) return "0 ms";
  for (const [bound, name, times] of SECONDS) if (Math.abs(number) < bound) return `${digits(number * times)} ${name}`;
  const whole = Math.round(number);
  const [days, hours, minutes] = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
  if (days) return `${days} d ${hours} h`;
  return hours ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

function bytes(number) {
  let power = 0;
  while (Math.abs(number) >= 1000 && power < BYTES.length - 1) {
    number /= 1000;
    power += 1;
  }
  return `${digits(number)} ${BYTES[power]}`;
}

function rate(number, most) {
  const [name, times] = PERIODS.find(([, by]) => !most || Math.abs(most) * by >= LITTLE) ?? PERIODS.at(-1);
  return `${count(number * times)}/${name}`;
}

function count(number) {
  for (const [bound, letter, by] of THOUSANDS) if (Math.abs(number) >= bound) return `${digits(number / by)}${letter}`;
  return digits(number);
}
