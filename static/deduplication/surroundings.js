// What the module takes from the browser, and its bounds. Whoever makes Requests may replace any of them.

import { clock } from "./clock.js";

export function surroundings() {
  return {
    user: document.querySelector("[data-user]")?.dataset.user ?? null,
    clock,
    random: Math.random,
    uuid: () => crypto.randomUUID(),
    fetch: (...request) => fetch(...request),
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
