// What happens in conversations, shown in the list: told by the socket, read anew where that may have missed something.

import { drop, markRead, rename, showLatest, showNumber, takeRows } from "./sidebar.js";

const LIST = "/conversations/";
const GATHER_MS = 300;

export class Conversations {
  constructor(live, viewer) {
    this.viewer = viewer;
    this.timer = null;
    this.wasLost = false;
    live.addEventListener("conversation", ({ detail }) => this.changed(detail));
    live.addEventListener("read", ({ detail }) => this.read(detail));
    live.addEventListener("state", ({ detail }) => this.connected(detail.phase));
  }

  changed({ change, conversation, title, last_sequence: last, message }) {
    if (change === "renamed") rename(conversation, title);
    else if (change === "left") drop(conversation);
    else if (change === "joined") this.readSoon();
    else if (change === "message") this.message(conversation, last, message);
  }

  message(conversation, last, message) {
    const isListed = showNumber(conversation, message ? 0 : last);
    if (isListed && message) showLatest({ ...message, conversation, text: message.preview }, this.viewer);
    else this.readSoon();
  }

  read({ conversation, user, last_read_sequence: sequence }) {
    if (user.id === this.viewer) markRead(conversation, sequence);
  }

  connected(phase) {
    if (phase === "live" && this.wasLost) this.readSoon();
    this.wasLost = phase !== "live" && (this.wasLost || phase === "waiting");
  }

  readSoon() {
    this.timer ??= setTimeout(() => this.readAnew(), GATHER_MS);
  }

  async readAnew() {
    try {
      const answer = await fetch(LIST);
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      takeRows([...page.querySelectorAll("#conversations li:has([data-conversation])")].map((row) => document.importNode(row, true)));
    } catch {
      // The server cannot be reached: the list is read again when the connection is back.
    } finally {
      this.timer = null;
    }
  }
}
