// Sends messages one after the other; each is on the screen at once and says when it could not go.

import { RequestError, send } from "../deduplication/request.js";
import { LIST, within } from "./freshness.js";
import { pendingElement } from "./message.js";
import { say } from "./notice.js";
import { piece } from "./piece.js";
import { reason } from "./reason.js";
import { begin, end } from "./timing.js";

const CLICKED = "send:clicked";

export class Sender extends EventTarget {
  constructor(history, outbox, { isLive }) {
    super();
    this.history = history;
    this.outbox = outbox;
    this.isLive = isLive;
    this.queue = Promise.resolve();
    for (const item of outbox.items()) this.fail(this.show(item), item, "This was not sent.");
  }

  async send(text) {
    begin(CLICKED);
    const item = { clientId: crypto.randomUUID(), text, at: new Date().toISOString() };
    this.outbox.add(item);
    await this.history.toNewest().catch(() => {}); // offline in the middle of history: shown when the end is back
    const element = this.show(item);
    this.history.pane.scrollTop = 0;
    begin(item.clientId);
    requestAnimationFrame(() => setTimeout(end, 0, "chat.paint", CLICKED)); // after the frame that shows it
    this.enqueue(element, item);
  }

  show(item) {
    const element = pendingElement(item, this.history.viewer);
    this.history.unsent.append(element);
    this.history.settle();
    return element;
  }

  enqueue(element, item) {
    this.queue = this.queue.then(() => this.post(element, item)).catch(reportError);
  }

  async post(element, item) {
    try {
      const { data } = await send(this.history.path, this.request(element, item));
      await this.sent(data);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error; // else the message was taken back, or what lies before it comes later
    }
  }

  // The message's own id is the key: sent again after a reload, or because the answer was lost, it is stored once.
  request(element, item) {
    return {
      body: { text: item.text, client_id: item.clientId },
      idempotencyKey: item.clientId,
      tags: [LIST, within(this.history.conversation)],
      waiting: (error) => this.wait(element, error),
      optimistic: { apply: () => this.onItsWay(element), rollBack: (error) => this.takeBack(element, item, error) },
    };
  }

  onItsWay(element) {
    element.classList.remove("is-failed");
    element.querySelector(".message-unsent")?.remove();
  }

  // It goes by itself when there is room again: the writer is told how long that takes.
  wait(element, error) {
    if (error.status !== 429) return;
    const note = piece("unsent-template");
    note.querySelector("[data-reason]").textContent = `${reason(error)} It is sent by itself then.`;
    for (const button of note.querySelectorAll("button")) button.remove();
    element.querySelector(".message-unsent")?.remove();
    this.history.hold(() => element.append(note), { follow: true });
    say(note.innerText);
  }

  // What the server refuses goes back to its writer; what may go later, or after signing in again, waits here.
  takeBack(element, item, error) {
    if (!element.isConnected) return; // the socket has told meanwhile that the server has it
    const isKept = error.isPassing || error.status === 401 || error.status >= 500;
    if (isKept) this.fail(element, item, reason(error));
    else this.refuse(element, item, reason(error));
  }

  async sent(record) {
    const { history } = this;
    const isNext = record.sequence <= history.last + 1;
    this.stored(record);
    this.dispatchEvent(new CustomEvent("sent", { detail: record }));
    if (!isNext && !this.isLive()) await history.fill(record);
  }

  // The server has it: its answer and its event come in either order, and the event also to other tabs.
  stored(record) {
    const { history } = this;
    if (record.author.id !== history.viewer.id || record.client_id === null) return;
    const element = this.pending(record.client_id);
    end("chat.echo", record.client_id);
    const hadFocus = element?.contains(document.activeElement);
    this.outbox.remove(record.client_id);
    history.hold(() => {
      element?.remove();
      history.place(record);
    }, { follow: history.isAtEnd });
    if (hadFocus) history.find(record.id)?.focus({ preventScroll: true });
  }

  pending(clientId) {
    return [...this.history.unsent.children].find((element) => element.dataset.clientId === clientId);
  }

  fail(element, item, why) {
    const note = piece("unsent-template");
    note.querySelector("[data-reason]").textContent = why;
    note.querySelector("[data-retry]").addEventListener("click", () => this.enqueue(element, item), { once: true });
    note.querySelector("[data-discard]").addEventListener("click", () => this.discard(element, item));
    element.querySelector(".message-unsent")?.remove();
    element.classList.add("is-failed");
    element.append(note);
  }

  discard(element, item) {
    this.outbox.remove(item.clientId);
    element.remove();
    this.history.settle();
  }

  refuse(element, item, why) {
    this.discard(element, item);
    this.dispatchEvent(new CustomEvent("refused", { detail: { text: item.text, reason: why } }));
  }
}
