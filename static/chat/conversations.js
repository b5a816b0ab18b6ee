// What happens in conversations, shown in the list: told by the socket, read anew where that may have missed something.

import { get, invalidate } from "../deduplication/request.js";
import { LIST } from "./freshness.js";
import { drop, markRead, rename, showLatest, showNumber, takeRows } from "./sidebar.js";

const PATH = "/conversations/";
const GATHER_MS = 300; // all tabs have heard of a change before one of them asks for all
const FRESH_MS = 5_000;

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
    if (phase === "live" && this.wasLost) this.missed();
    this.wasLost = phase !== "live" && (this.wasLost || phase === "waiting");
  }

  missed() {
    invalidate(LIST);
    this.readSoon();
  }

  readSoon() {
    this.timer ??= setTimeout(() => this.readAnew(), GATHER_MS);
  }

  async readAnew() {
    try {
      const { data } = await get(PATH, { accept: "text/html", staleMs: FRESH_MS, tags: [LIST] });
      const page = new DOMParser().parseFromString(data, "text/html");
      takeRows([...page.querySelectorAll("#conversations li:has([data-conversation])")].map((row) => document.importNode(row, true)));
    } catch {
      // No answer, or nobody is signed in: the list is read again when the connection is back.
    } finally {
      this.timer = null;
    }
  }
}
