// What can be done with a message: copy its link, edit, delete. One toolbar visits the message in hand.

import { send } from "../deduplication/request.js";
import { Editor } from "./editor.js";
import { within } from "./freshness.js";
import { fillBody } from "./message.js";
import { notice } from "./notice.js";
import { piece } from "./piece.js";
import { reason } from "./reason.js";

const QUOTE_CHARACTERS = 160;

export class Actions {
  constructor(history, { done }) {
    this.history = history;
    this.toolbar = piece("toolbar-template");
    this.dialog = document.getElementById("delete-dialog");
    this.done = done;
    history.pane.addEventListener("pointerover", (event) => this.visit(event.target));
    history.pane.addEventListener("focusin", (event) => this.visit(event.target));
    history.pane.addEventListener("pointerleave", () => this.leave());
    this.toolbar.addEventListener("click", (event) => this.act(event.target.closest("[data-do]")));
  }

  visit(target) {
    const message = target.closest(".message");
    const isHeld = this.toolbar.contains(document.activeElement) && this.toolbar.matches(":focus-visible, :has(:focus-visible)");
    if (!message || message.contains(this.toolbar) || isHeld) return;
    const isOffered = message.dataset.id && !message.classList.contains("is-editing");
    if (!isOffered) return this.toolbar.remove();
    const mayChange = this.mayChange(message);
    for (const name of ["edit", "delete"]) this.toolbar.querySelector(`[data-do=${name}]`).hidden = !mayChange;
    this.toolbar.querySelector("[data-again]").hidden = !this.isLastReply(message);
    message.append(this.toolbar);
  }

  leave() {
    if (!this.toolbar.contains(document.activeElement)) this.toolbar.remove();
  }

  mayChange(message) {
    const isOwn = message.classList.contains("is-own");
    return (isOwn || this.history.viewer.isOwner) && !message.classList.contains("is-deleted");
  }

  // The one reply that can be written anew.
  isLastReply(message) {
    const isAnswering = this.history.pane.dataset.assistant === "on" && this.history.hasEnd;
    return isAnswering && message === this.history.messages().findLast((other) => other.dataset.role === "assistant");
  }

  act(button) {
    const message = button?.closest(".message");
    if (message) this[button.dataset.do](message);
  }

  async link(message) {
    try {
      await navigator.clipboard.writeText(message.querySelector("[data-link]").href);
      notice("The link is copied.");
    } catch {
      notice("The browser does not allow copying here.");
    }
  }

  editLast() {
    const own = this.history.messages().findLast((message) => message.classList.contains("is-own") && this.mayChange(message));
    if (own) this.edit(own);
  }

  async edit(message) {
    const { id } = message.dataset;
    try {
      const page = await this.history.page(`&around=${id}`, 1);
      const record = page.messages.find((found) => String(found.id) === id);
      if (!record || record.deleted) return this.gone(message, record);
      this.toolbar.remove();
      new Editor(message, record.text, { save: (text, signal) => this.save(message, text, signal), closed: this.done });
    } catch (error) {
      notice(reason(error), { action: "Try again", run: () => this.edit(message) });
    }
  }

  gone(message, record) {
    if (record) fillBody(message, record);
    notice("This message was deleted meanwhile.");
  }

  async save(message, text, signal) {
    const { data: record } = await this.change(message, { method: "PATCH", body: { text }, signal });
    this.history.hold(() => fillBody(message, record), { follow: this.history.isAtEnd });
  }

  delete(message) {
    const said = message.querySelector("[data-body]").innerText.trim();
    this.dialog.querySelector("[data-quote]").textContent = said.length > QUOTE_CHARACTERS ? `${said.slice(0, QUOTE_CHARACTERS)} …` : said;
    this.dialog.returnValue = "";
    this.dialog.addEventListener("close", () => {
      if (this.dialog.returnValue === "delete") this.remove(message);
      else message.focus({ preventScroll: true });
    }, { once: true });
    this.dialog.showModal();
  }

  change(message, request) {
    return send(`/api/messages/${message.dataset.id}`, { ...request, tags: [within(this.history.conversation)] });
  }

  async remove(message) {
    const mark = (isPending) => message.classList.toggle("is-pending", isPending);
    try {
      await this.change(message, { method: "DELETE", optimistic: { apply: () => mark(true), rollBack: () => mark(false) } });
      mark(false);
      this.history.hold(() => fillBody(message, { deleted: true, html: "" }), { follow: this.history.isAtEnd });
      this.toolbar.remove();
      message.focus({ preventScroll: true });
    } catch (error) {
      notice(reason(error), { action: "Try again", run: () => this.remove(message) });
    }
  }
}
