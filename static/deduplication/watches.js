// All subscriptions of the page, and when they look again: on coming back to the page or the network, and when what
// they show was invalidated. Never all clients at the same moment.

import { Throttle } from "./throttle.js";
import { Watch } from "./watch.js";

const RECENT_MS = 1000;

export class Watches {
  constructor({ reads, page, clock, random }) {
    Object.assign(this, { reads, clock });
    this.watches = new Set();
    this.onReturn = new Throttle({ everyMs: 5000, jitterMs: 1000, random });
    // The pause lets all tabs, and a burst of events, be heard before one of them asks.
    this.onChange = new Throttle({ everyMs: 200, atLeastMs: 50, jitterMs: 50, random });
    reads.addEventListener("kept", ({ detail: { key, entry, source } }) => this.show(key, entry, source));
    for (const sign of ["focus", "online"]) page.addEventListener(sign, () => this.returned());
  }

  add(resource, callback, { staleMs = 0, onError }) {
    const watch = new Watch({ resource, callback, onError });
    this.watches.add(watch);
    this.load(watch, staleMs);
    return () => this.remove(watch);
  }

  remove(watch) {
    this.watches.delete(watch);
    watch.controller.abort();
  }

  async load(watch, staleMs) {
    try {
      const { entry, source } = await this.reads.read(watch.resource, { staleMs, signal: watch.signal });
      watch.show(entry, { source, age: this.reads.age(entry) });
    } catch (error) {
      watch.failed(error);
    }
  }

  show(key, entry, source) {
    const age = this.reads.age(entry);
    for (const watch of this.watches) if (watch.resource.key === key) watch.show(entry, { source, age });
  }

  returned() {
    this.plan(this.onReturn, RECENT_MS);
  }

  changed() {
    this.plan(this.onChange, Infinity);
  }

  async plan(throttle, staleMs) {
    const pause = throttle.plan(this.clock.now());
    if (pause === null) return;
    await this.clock.sleep(pause);
    const due = [...this.watches].filter(({ resource }) => !this.reads.fresh(resource, staleMs));
    for (const watch of due) this.load(watch, staleMs);
  }

  clear() {
    for (const watch of this.watches) this.remove(watch);
  }
}
