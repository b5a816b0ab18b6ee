// What people wait for, as User Timing: the browser's own tools show it, and whoever watches the site reads it there.

export function begin(name) {
  performance.clearMarks(name);
  performance.mark(name);
}

// The time since `begin`; nothing where that was in another page, or has been measured.
export function end(measure, name) {
  if (!performance.getEntriesByName(name, "mark").length) return;
  performance.measure(measure, name);
  performance.clearMarks(name);
  performance.clearMeasures(measure); // observers have it
}
