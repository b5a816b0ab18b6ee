// The field messages are written in.

const NEAR_LIMIT = 500;

export class Composer {
  constructor(form, draft, { send, editLast }) {
    this.form = form;
    this.field = form.elements.text;
    this.count = form.querySelector("[data-count]");
    this.maximum = Number(this.field.dataset.maximum);
    this.draft = draft;
    this.send = send;
    this.field.value ||= draft.text;
    this.field.addEventListener("input", () => this.changed());
    this.field.addEventListener("keydown", (event) => this.pressed(event, editLast));
    form.addEventListener("submit", (event) => this.submitted(event));
    this.changed();
  }

  // Code points, as the server counts.
  get length() {
    return [...this.field.value].length;
  }

  changed() {
    this.draft.text = this.field.value;
    this.field.parentElement.dataset.value = this.field.value;
    const left = this.maximum - (this.field.value.length < this.maximum - NEAR_LIMIT ? 0 : this.length);
    this.count.hidden = left > NEAR_LIMIT;
    this.count.textContent = left < 0 ? `${-left} characters too many` : `${left} characters left`;
    this.count.classList.toggle("is-over", left < 0);
    this.field.setAttribute("aria-invalid", String(left < 0));
  }

  pressed(event, editLast) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.form.requestSubmit();
    } else if (event.key === "ArrowUp" && !this.field.value) {
      event.preventDefault();
      editLast();
    }
  }

  submitted(event) {
    event.preventDefault();
    const text = this.field.value;
    if (!text.trim() || this.length > this.maximum) return;
    this.text = "";
    this.send(text);
  }

  set text(value) {
    this.field.value = value;
    this.form.querySelector(".field-error")?.remove();
    this.changed();
  }

  // Give back what the server refused, with its reason; what was typed since stays.
  refuse(text, reason) {
    const error = document.createElement("p");
    this.text = this.field.value ? `${text}\n${this.field.value}` : text;
    error.className = "field-error";
    error.setAttribute("role", "alert");
    error.textContent = reason;
    this.form.prepend(error);
    this.focus();
  }

  focus() {
    this.field.focus({ preventScroll: true });
  }
}
