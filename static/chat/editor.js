// A message being edited in its place.

import { piece } from "./piece.js";
import { reason } from "./reason.js";

export class Editor {
  constructor(message, text, { save, closed }) {
    this.message = message;
    this.save = save;
    this.closed = closed;
    this.over = new AbortController(); // what is still on its way when the editor closes is given up
    this.form = piece("editor-template");
    this.field = this.form.querySelector("textarea");
    this.field.value = text;
    this.field.addEventListener("input", () => this.grow());
    this.form.addEventListener("keydown", (event) => this.pressed(event));
    this.form.addEventListener("submit", (event) => this.submitted(event));
    this.form.querySelector("[data-cancel]").addEventListener("click", () => this.close());
    this.open();
  }

  open() {
    this.message.classList.add("is-editing");
    this.message.querySelector("[data-body]").after(this.form);
    this.grow();
    this.field.focus();
    this.field.setSelectionRange(this.field.value.length, this.field.value.length);
  }

  grow() {
    this.field.parentElement.dataset.value = this.field.value;
  }

  pressed(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && !event.shiftKey && event.target === this.field) this.form.requestSubmit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  async submitted(event) {
    event.preventDefault();
    const button = this.form.querySelector("[type=submit]");
    if (button.disabled) return;
    button.disabled = true;
    try {
      await this.save(this.field.value, this.over.signal);
      this.close();
    } catch (error) {
      if (!this.over.signal.aborted) this.refuse(reason(error));
    } finally {
      button.disabled = false;
    }
  }

  refuse(text) {
    const error = this.form.querySelector(".field-error");
    error.textContent = text;
    error.hidden = false;
    this.field.focus();
  }

  close() {
    this.over.abort();
    this.message.classList.remove("is-editing");
    this.form.remove();
    this.closed(this.message);
  }
}
