// For whom the page was made, and whether the browser is still theirs: all tabs share one cookie.
//
// Each page says at its beginning whose it is; a tab made for somebody else closes itself, for good: what it would ask
// from then on would be answered to another person.

import { RequestError } from "./error.js";

export class Session {
  constructor({ user, channel }) {
    Object.assign(this, { user, channel });
    this.controller = new AbortController();
    channel.addEventListener("message", ({ data }) => { if (data.user !== user) this.close(); });
    if (user !== null) channel.postMessage({ user });
  }

  // Aborted when the session is over.
  get signal() {
    return this.controller.signal;
  }

  signOut() {
    this.channel.postMessage({ user: null });
    this.close();
  }

  close() {
    const detail = "You are signed out. Reload the page to sign in again.";
    this.controller.abort(new RequestError({ status: 401, title: "Signed out", detail }));
  }
}
