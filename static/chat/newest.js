// The button that leads to the end, with the number of messages that arrived meanwhile.

import { notice } from "./notice.js";
import { reason } from "./reason.js";

export class NewestButton {
  constructor(button, history) {
    this.button = button;
    this.history = history;
    this.count = 0;
    button.addEventListener("click", (event) => this.pressed(event));
    history.pane.addEventListener("scroll", () => this.show(), { passive: true });
    history.addEventListener("changed", () => this.show());
    history.addEventListener("arrived", ({ detail }) => {
      if (!detail.wasAtEnd) this.count += detail.records.length;
      this.show();
    });
    this.show();
  }

  show() {
    if (this.history.isAtEnd) this.count = 0;
    this.button.hidden = this.history.isAtEnd;
    this.button.querySelector("[data-text]").textContent = this.count ? `${this.count} new` : "Newest";
  }

  async pressed(event) {
    event.preventDefault();
    try {
      await this.history.toNewest();
    } catch (error) {
      notice(reason(error));
    }
  }
}
