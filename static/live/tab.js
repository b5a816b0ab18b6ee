// This tab's way to the hub: in the shared worker, or in the page itself where the browser shares none.

import { Hub } from "./hub.js";

export class Tab extends EventTarget {
  constructor({ user, worker }) {
    super();
    this.state = { phase: "connecting", retryAt: 0, isDegraded: false };
    this.positions = new Map();
    this.release = () => {};
    this.open(worker, `live-${user}`);
    this.enter();
    for (const sign of ["online", "offline"]) addEventListener(sign, () => this.wake());
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") this.wake(); });
    addEventListener("pagehide", () => this.release());
    addEventListener("pageshow", ({ persisted }) => { if (persisted) this.enter(); });
  }

  get isLive() {
    return this.state.phase === "live";
  }

  open(worker, name) {
    try {
      const shared = new SharedWorker(worker, { type: "module", name }); // a name per reader: nobody inherits a socket
      shared.addEventListener("error", () => this.openHere(), { once: true });
      this.isShared = true;
      this.use(shared.port);
    } catch {
      this.openHere(); // the browser has no shared workers, or this page may not start one
    }
  }

  openHere() {
    const { port1, port2 } = new MessageChannel();
    const hub = new Hub({ url: `${location.origin.replace(/^http/, "ws")}/ws/chat/` });
    port2.onmessage = ({ data }) => hub.take(port2, data);
    const isLate = this.port !== undefined;
    this.isShared = false;
    this.use(port1);
    if (isLate) this.enter();
  }

  use(port) {
    this.port = port;
    port.onmessage = ({ data: { state, frame } }) => {
      if (state) this.changed(state);
      if (frame) this.heard(frame);
    };
  }

  // The lock says that this tab is alive; the browser gives it up with the tab.
  async enter() {
    const lock = this.isShared && navigator.locks ? `live-tab:${crypto.randomUUID()}` : null;
    if (lock) await new Promise((held) => { this.hold(lock, held); });
    this.port.postMessage({ do: "enter", lock });
    for (const [conversation, after] of this.positions) this.port.postMessage({ do: "follow", conversation, after });
    this.hasEntered = true;
  }

  hold(lock, held) {
    navigator.locks.request(lock, () => new Promise((release) => {
      this.release = release;
      held();
    }));
  }

  follow(conversation, after) {
    this.positions.set(conversation, after);
    if (this.hasEntered) this.port.postMessage({ do: "follow", conversation, after });
  }

  // Has the server tell anew what is under way.
  again(conversation) {
    this.follow(conversation, this.positions.get(conversation));
  }

  say(frame) {
    this.port.postMessage({ do: "say", frame });
  }

  tell(frame) {
    this.port.postMessage({ do: "tell", frame });
  }

  wake() {
    this.port.postMessage({ do: "wake" });
  }

  changed(state) {
    const { phase, retryAt, isDegraded } = this.state;
    this.state = state;
    if (phase === state.phase && retryAt === state.retryAt && isDegraded === state.isDegraded) return;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }

  heard(frame) {
    const isPosition = ["message", "ack", "reset"].includes(frame.type) && this.positions.has(frame.conversation);
    if (isPosition) this.positions.set(frame.conversation, Math.max(frame.sequence, this.positions.get(frame.conversation)));
    this.dispatchEvent(new CustomEvent(frame.type, { detail: frame }));
  }
}
