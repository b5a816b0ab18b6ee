// Time, as the page has it. Tests put another in its place.

export const clock = {
  now: () => Date.now(),

  // Resolves after so many milliseconds, or at once when the signal is aborted: whoever sleeps looks at it then.
  sleep: (milliseconds, signal) => new Promise((wake) => {
    if (signal?.aborted) return wake();
    const timer = setTimeout(wake, milliseconds);
    signal?.addEventListener("abort", () => { clearTimeout(timer); wake(); }, { once: true });
  }),
};
