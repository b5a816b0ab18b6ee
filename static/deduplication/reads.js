// Reading: from memory where that is fresh, else together with whoever reads the same, in this page or another tab.

import { within } from "./deadline.js";
import { RequestError } from "./error.js";
import { Flight } from "./flight.js";

const GONE = new Set([401, 403, 404, 410]);

export class Reads extends EventTarget {
  constructor({ wire, tabs, memory, fences, tally, clock, timeoutMs }) {
    super();
    Object.assign(this, { wire, tabs, memory, fences, tally, clock, timeoutMs });
    this.flights = new Map();
    tabs.addEventListener("answered", ({ data }) => this.heard(data));
  }

  // Answers {entry, source}; throws RequestError, or the signal's reason.
  async read(resource, { staleMs = 0, signal } = {}) {
    signal?.throwIfAborted();
    const entry = this.fresh(resource, staleMs);
    if (entry) {
      this.tally.avoided.memory += 1;
      return { entry, source: "memory" };
    }
    return (this.joinable(resource) ?? this.start(resource)).join(signal);
  }

  fresh({ key, tags }, staleMs) {
    const entry = this.memory.get(key);
    if (!entry) return null;
    for (const tag of tags) entry.tags.add(tag);
    return this.fences.isCurrent(entry) && this.age(entry) < staleMs ? entry : null;
  }

  age(entry) {
    return Math.max(0, this.clock.now() - entry.at);
  }

  // A read that began before an invalidation is not for those who ask after it.
  joinable({ key, tags }) {
    const flight = this.flights.get(key);
    if (!flight || flight.isLeft) return null;
    for (const tag of tags) flight.tags.add(tag);
    if (!this.fences.isCurrent(flight)) return null;
    this.tally.avoided.page += 1;
    return flight;
  }

  start(resource) {
    const { key, tags } = resource;
    for (const tag of this.memory.get(key)?.tags ?? []) tags.add(tag);
    const before = this.flights.get(key)?.outcome; // left, or outdated: its lock is free when it is over
    const work = (signal) => within(this.timeoutMs, { clock: this.clock, signal }, (either) => this.load(resource, either, before));
    const flight = new Flight({ stamp: this.fences.next(), tags, work });
    const end = () => { if (this.flights.get(key) === flight) this.flights.delete(key); };
    this.flights.set(key, flight);
    flight.outcome.then(end, end);
    return flight;
  }

  async load(resource, signal, before) {
    await before?.catch(() => {}); // those who waited for it have heard
    const { own, told } = await this.tabs.inTurn(resource.key, {
      signal,
      ask: () => this.ask(resource, signal),
      accepts: ({ stamp }) => this.fences.isCurrent({ stamp, tags: resource.tags }),
    });
    if (own) return own;
    this.tally.avoided.tabs += 1;
    if (told.problem) throw new RequestError(told.problem);
    return { entry: told.entry, source: "tab" };
  }

  async ask(resource, signal) {
    signal.throwIfAborted();
    const held = this.memory.get(resource.key);
    const stamp = this.fences.next();
    this.tally.requests.read += 1;
    try {
      const answer = await this.wire.read(resource.url, { accept: resource.accept, etag: held?.etag, signal });
      signal.throwIfAborted();
      return this.took(resource, { answer, held, stamp });
    } catch (error) {
      if (!signal.aborted && error.status > 0) this.refused(resource.key, stamp, error.problem);
      throw error; // without a status it is this tab's own trouble: the next tab tries for itself
    }
  }

  took({ key, tags }, { answer, held, stamp }) {
    const isUnchanged = answer.status === 304;
    if (isUnchanged) this.tally.avoided.unchanged += 1;
    const { text, isJson, etag } = isUnchanged ? held : answer;
    const entry = { text, isJson, etag, tags, stamp, at: this.clock.now() };
    const source = isUnchanged ? "revalidated" : "network";
    this.tabs.tell({ kind: "answered", key, stamp, entry });
    this.keep(key, entry, source);
    return { entry, source };
  }

  refused(key, stamp, problem) {
    this.tabs.tell({ kind: "answered", key, stamp, problem });
    this.drop(key, problem);
  }

  heard({ key, stamp, entry, problem }) {
    this.fences.saw(stamp);
    if (entry) this.keep(key, entry, "tab");
    else this.drop(key, problem);
  }

  // The later question has the later answer, whichever came first.
  keep(key, entry, source) {
    if (this.memory.get(key)?.stamp > entry.stamp) return;
    this.memory.set(key, entry);
    this.dispatchEvent(new CustomEvent("kept", { detail: { key, entry, source } }));
  }

  drop(key, { status }) {
    if (GONE.has(status)) this.memory.delete(key);
  }

  clear(reason) {
    this.memory.clear();
    for (const flight of this.flights.values()) flight.end(reason);
  }
}
