// One socket for all tabs of the browser: they say what they follow, the hub says what happens.

import { Following } from "./following.js";
import { Link } from "./link.js";
import { Wire } from "./wire.js";

const AGAIN_MS = 2_000;
const GONE = new Set(["not_found", "forbidden"]);

export class Hub {
  constructor({ url, now = Date.now, random = Math.random }) {
    this.random = random;
    this.following = new Following();
    this.isDegraded = false;
    this.link = new Link({ now, random });
    this.wire = new Wire({
      url,
      link: this.link,
      opened: () => this.subscribeAll(),
      heard: (frame) => this.heard(frame),
      changed: () => this.tellState(),
    });
  }

  // What a tab says through its port.
  take(port, said) {
    this[said.do]?.(port, said);
  }

  enter(port, { lock }) {
    this.following.enter(port);
    if (lock) navigator.locks.request(lock, () => this.leave(port)); // given when the tab is gone, however it went
    this.wire.wake(); // and all are told how things stand
  }

  follow(port, { conversation, after }) {
    this.following.follow(port, conversation, after);
    this.wire.send(this.following.subscription(conversation));
  }

  say(port, { frame }) {
    this.wire.send(frame);
  }

  wake() {
    this.wire.wake();
  }

  // The reader has read here: the other tabs' lists should know; the server tells only those who follow.
  tell(port, { frame }) {
    for (const tab of this.following.tabs.keys()) if (tab !== port) tab.postMessage({ frame });
  }

  leave(port) {
    for (const conversation of this.following.leave(port)) this.wire.send({ type: "unsubscribe", conversation });
    if (this.following.tabs.size === 0) this.wire.stop();
  }

  get state() {
    const { phase, retryAt } = this.link;
    return { phase, retryAt, isDegraded: this.isDegraded };
  }

  subscribeAll() {
    this.isDegraded = false; // a server that is cut off says so at once
    for (const conversation of this.following.conversations()) this.wire.send(this.following.subscription(conversation));
  }

  heard(frame) {
    if (frame.type === "degraded" || frame.type === "restored") this.degraded(frame.type === "degraded");
    else if (frame.type === "error") this.refused(frame);
    else if (frame.type !== "heartbeat") this.pass(frame);
  }

  pass(frame) {
    for (const [port, routed] of this.following.route(frame)) port.postMessage({ frame: routed });
    if (frame.type === "conversation" && frame.change === "left") this.following.forget(frame.conversation);
  }

  degraded(isDegraded) {
    this.isDegraded = isDegraded;
    this.tellState();
  }

  refused({ for: what, conversation, code }) {
    if (what !== "subscribe") return;
    if (GONE.has(code)) this.pass({ type: "conversation", change: "left", conversation, sequence: 0 });
    else setTimeout(() => this.again(conversation), AGAIN_MS * (1 + this.random()));
  }

  again(conversation) {
    if (this.following.after(conversation) !== null) this.wire.send(this.following.subscription(conversation));
  }

  tellState() {
    for (const port of this.following.tabs.keys()) port.postMessage({ state: this.state });
  }
}
