// What the module takes from the browser, and its bounds. Whoever makes Requests may replace any of them.

import { clock } from "./clock.js";

export function surroundings() {
  return {
    user: document.querySelector("[data-user]")?.dataset.user ?? null,
    clock,
    random: Math.random,
    uuid: () => crypto.randomUUID(),
    fetch: (...request) => fetch(...request),
    traceparent: pageTraceparent(),
    channel: (name) => new BroadcastChannel(name),
    locks: navigator.locks,
    page: window,
    entries: 200,
    bytes: 4 * 1024 * 1024,
    timeoutMs: 20_000,
    graceMs: 250,
    retry: {},
  };
}

// How the server named this page's own request: what the page asks for goes on with its trace. Empty in workers.
export function pageTraceparent() {
  const [navigation] = performance.getEntriesByType("navigation");
  return navigation?.serverTiming?.find(({ name }) => name === "traceparent")?.description ?? "";
}
