// What becomes of the open conversation itself: renamed, or closed to the reader.

import { retitle } from "./badge.js";
import { notice } from "./notice.js";

export class Membership {
  constructor(live, { conversation }) {
    live.addEventListener("conversation", ({ detail }) => {
      if (detail.conversation !== conversation) return;
      if (detail.change === "renamed") this.renamed(detail.title);
      else if (detail.change === "assistant") this.assistant(detail.has_assistant);
      else if (detail.change === "left") this.left();
      else if (detail.change === "joined") this.joined();
    });
  }

  renamed(title) {
    document.querySelector(".bar-title a").textContent = title;
    retitle(title);
  }

  assistant(isOn) {
    document.getElementById("history").dataset.assistant = isOn ? "on" : "off";
    document.getElementById("composer-text").placeholder = isOn ? "Write a message. The assistant answers" : "Write a message";
  }

  left() {
    this.isOver = true;
    document.getElementById("composer").hidden = true;
    document.getElementById("over").hidden = false;
    document.querySelector(".toolbar")?.remove();
    document.documentElement.classList.add("is-over");
    document.querySelector(".bar [data-presence]").hidden = true;
    notice("You are no longer in this conversation.");
  }

  joined() {
    if (this.isOver) notice("You are in this conversation again.", { action: "Show it", run: () => location.reload() });
  }
}
