// The line that says how the page is connected: nothing while all is well.

import { say } from "./notice.js";

const PATIENCE_MS = 1_500; // a connection that comes at once is not worth a word

export class Status {
  constructor(line, live) {
    this.live = live;
    this.line = line;
    this.text = line.querySelector("[data-text]");
    this.count = line.querySelector("[data-wait]");
    this.button = line.querySelector("[data-try]");
    this.link = line.querySelector("[data-sign-in]");
    this.button.addEventListener("click", () => live.wake());
    live.addEventListener("state", () => this.show());
    for (const sign of ["online", "offline"]) addEventListener(sign, () => this.show());
    setTimeout(() => { this.isPatient = false; this.show(); }, PATIENCE_MS);
    this.isPatient = true;
    this.said = "";
    this.show();
  }

  show() {
    const { phase, isDegraded } = this.live.state;
    const told = this.told(phase, isDegraded);
    this.line.hidden = !told;
    this.line.classList.toggle("is-bad", phase !== "live" && phase !== "connecting");
    if (this.text.textContent !== told) this.text.textContent = told;
    this.button.hidden = phase !== "waiting";
    this.link.hidden = phase !== "signed_out";
    this.speak(told);
    this.countDown();
  }

  told(phase, isDegraded) {
    if (phase === "live") return isDegraded ? "Messages may come up to 5 s late." : "";
    if (phase === "signed_out") return "Signed out.";
    if (phase === "refused") return "No live updates: this address may not connect.";
    if (this.isPatient) return "";
    return navigator.onLine ? "Not live." : "Offline.";
  }

  speak(told) {
    if (told === this.said) return;
    if (told || this.said) say(told || "Live again.");
    this.said = told;
  }

  countDown() {
    clearTimeout(this.timer);
    const { phase, retryAt } = this.live.state;
    const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
    this.count.textContent = this.line.hidden ? "" : { waiting: `Next try in ${seconds} s.`, connecting: "Connecting …" }[phase] ?? "";
    if (phase === "waiting" && seconds) this.timer = setTimeout(() => this.countDown(), 1000);
  }
}
