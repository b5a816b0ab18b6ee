// Puts the parts together: what a page may ask for, for the person it was made for.

import { Fences } from "./fences.js";
import { Memory } from "./memory.js";
import { Reads } from "./reads.js";
import { addressed, resource } from "./resource.js";
import { Retry } from "./retry.js";
import { Sends } from "./sends.js";
import { Session } from "./session.js";
import { surroundings } from "./surroundings.js";
import { Tabs } from "./tabs.js";
import { Tally } from "./tally.js";
import { Watches } from "./watches.js";
import { Wire, parsed } from "./wire.js";

const PEOPLE = "deduplication";

export class Requests {
  constructor(options = {}) {
    const given = { ...surroundings(), ...options };
    const { user } = given;
    const name = `${PEOPLE}:${user}`; // what belongs to one person is not even told to another's tabs
    const [channel, voice] = [given.channel(name), given.channel(name)];
    const tally = new Tally();
    const wire = new Wire(given);
    this.uuid = given.uuid;
    this.tally = tally;
    this.fences = new Fences(given.clock);
    this.tabs = new Tabs({ ...given, channel, voice });
    this.reads = new Reads({ ...given, wire, tabs: this.tabs, memory: new Memory(given), fences: this.fences, tally });
    this.watches = new Watches({ ...given, reads: this.reads });
    this.sends = new Sends({ ...given, wire, retry: new Retry({ random: given.random, ...given.retry }), tally });
    this.made = this.fences.next();
    this.session = new Session({ user, channel: given.channel(PEOPLE) });
    this.session.signal.addEventListener("abort", () => this.clear());
    this.tabs.addEventListener("invalidated", ({ data }) => this.mark(data));
    given.page.addEventListener("pageshow", ({ persisted }) => { if (persisted) this.awake(); });
  }

  async get(url, { staleMs, signal, tags, accept } = {}) {
    this.session.signal.throwIfAborted();
    const asked = resource(url, { user: this.session.user, accept, tags });
    const { entry, source } = await this.reads.read(asked, { staleMs, signal });
    return { data: parsed(entry), source, age: this.reads.age(entry) };
  }

  subscribe(url, callback, { staleMs, tags, accept, onError } = {}) {
    this.session.signal.throwIfAborted();
    const asked = resource(url, { user: this.session.user, accept, tags });
    return this.watches.add(asked, callback, { staleMs, onError });
  }

  // `tags` are invalidated in all tabs once it is over: also when it failed, for then nobody knows how things stand.
  // `waiting(error)` is called before each pause after which it is sent again.
  async send(url, { method = "POST", body, accept = "application/json", optimistic, waiting, tags = [], idempotencyKey = this.uuid(), signal } = {}) {
    const either = AbortSignal.any(signal ? [signal, this.session.signal] : [this.session.signal]);
    try {
      const request = { method, body, accept, idempotencyKey, waiting };
      return await this.sends.send(addressed(url).href, request, { optimistic, signal: either });
    } finally {
      for (const tag of tags) this.invalidate(tag);
    }
  }

  invalidate(tag) {
    if (this.session.signal.aborted) return;
    const stamp = this.fences.next();
    this.tabs.tell({ kind: "invalidated", tag, stamp });
    this.mark({ tag, stamp });
  }

  // What the page carries is as old as the page: never newer than what other tabs have told since.
  seed(url, data, etag = null, { tags, accept } = {}) {
    this.session.signal.throwIfAborted();
    const asked = resource(url, { user: this.session.user, accept, tags });
    const entry = { text: JSON.stringify(data), isJson: true, etag, tags: asked.tags };
    this.reads.keep(asked.key, { ...entry, stamp: this.made, at: this.reads.clock.now() }, "memory");
  }

  signOut() {
    this.session.signOut();
  }

  statistics() {
    return this.tally.figures;
  }

  mark({ tag, stamp }) {
    this.fences.mark(tag, stamp);
    this.watches.changed();
  }

  // The page slept in the browser's back-forward cache and heard nothing meanwhile.
  awake() {
    this.fences.markAll();
    this.watches.changed();
  }

  clear() {
    this.watches.clear();
    this.reads.clear(this.session.signal.reason);
    this.tabs.close();
  }
}
