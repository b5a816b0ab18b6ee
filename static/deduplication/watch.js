// One subscription: tells its subscriber what is new, and is silent about the rest.

import { parsed } from "./wire.js";

export class Watch {
  constructor({ resource, callback, onError }) {
    Object.assign(this, { resource, callback, onError });
    this.version = undefined;
    this.controller = new AbortController();
  }

  get signal() {
    return this.controller.signal;
  }

  show(entry, { source, age }) {
    const version = entry.etag ?? entry.text;
    if (this.signal.aborted || version === this.version) return;
    this.version = version;
    try {
      this.callback({ data: parsed(entry), source, age });
    } catch (error) {
      reportError(error); // the subscriber's own fault, told as any uncaught error; the others are served
    }
  }

  failed(error) {
    if (!this.signal.aborted) this.onError?.(error);
  }
}
