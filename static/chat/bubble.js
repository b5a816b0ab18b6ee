// A reply while it is being written: plain words in a bubble of its own, or in the place of the message it replaces.

import { draftElement } from "./message.js";
import { Words } from "./words.js";

export class Bubble {
  constructor(reply, history) {
    this.reply = reply;
    this.history = history;
    this.words = new Words();
    this.waiting = "";
    this.frame = null;
    this.old = null;
    this.node = document.createTextNode("");
    const replaced = reply.replaces === null ? null : history.find(reply.replaces);
    this.element = replaced ?? this.begun();
    if (replaced) this.borrow();
    this.element.classList.add("is-writing");
    this.paragraph().append(this.node);
  }

  get isBorrowed() {
    return this.old !== null;
  }

  begun() {
    const { asked_at: at } = this.reply;
    const element = draftElement({ author: { id: null, name: "Assistant" }, role: "assistant", created_at: at }, "");
    this.history.hold(() => this.history.writing.append(element), { follow: this.history.isAtEnd });
    return element;
  }

  // The message is put back should nothing come of the reply.
  borrow() {
    const body = this.element.querySelector("[data-body]");
    this.old = [...body.childNodes];
    const paragraph = document.createElement("p");
    paragraph.className = "plain";
    body.replaceChildren(paragraph);
  }

  paragraph() {
    return this.element.querySelector("[data-body] > .plain");
  }

  // Returns false when a part is missing.
  take(part) {
    const fresh = this.words.take(part);
    if (fresh === null) return false;
    this.waiting += fresh;
    if (fresh) this.frame ??= setTimeout(() => this.draw(), 40); // a frame or two: also where the tab is hidden
    return true;
  }

  draw() {
    this.frame = null;
    const fresh = this.waiting;
    this.waiting = "";
    if (this.element.isConnected) this.history.keep(() => this.node.appendData(fresh), { follow: this.history.isAtEnd });
  }

  // The words stay, as they are, until the message comes.
  finished() {
    clearTimeout(this.frame);
    this.draw();
    this.element.classList.remove("is-writing");
  }

  // Nothing is to be kept of it: the message is there, or nothing came.
  remove() {
    clearTimeout(this.frame);
    this.element.classList.remove("is-writing");
    this.history.hold(() => {
      if (!this.isBorrowed) this.element.remove();
      else if (this.paragraph()?.contains(this.node)) this.element.querySelector("[data-body]").replaceChildren(...this.old);
    }, { follow: this.history.isAtEnd });
  }
}
