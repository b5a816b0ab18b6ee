// The assistant's replies in the open conversation: shown while they are written, asked for, stopped, asked for again.

import { RequestError, get, send } from "../deduplication/request.js";
import { Bubble } from "./bubble.js";
import { notice, say } from "./notice.js";
import { reason } from "./reason.js";
import { end } from "./timing.js";

const CONFIRM_MS = 3_000; // a running reply is told right after the connection is back
const AGAIN_MS = 1_000;
const UNANSWERED_MS = 5_000;

export class Assistant {
  constructor(history, live, { row, stopButton }) {
    Object.assign(this, { history, live, row, stopButton });
    this.path = `/api/conversations/${history.conversation}/reply`;
    this.bubble = null;
    this.done = new Set(); // replies whose message is here: their late parts are nothing
    const isHere = (run) => ({ detail }) => { if (detail.conversation === history.conversation) run(detail); };
    live.addEventListener("reply", isHere(({ reply }) => this.heard(reply)));
    live.addEventListener("token", isHere((part) => this.take(part)));
    live.addEventListener("ack", isHere(() => { this.confirm(); this.lookForReply(); }));
    stopButton.addEventListener("click", () => this.stop());
    history.pane.addEventListener("click", (event) => { if (event.target.closest("[data-again]")) this.ask({ regenerate: true }); });
    history.addEventListener("changed", () => this.lookForQuestion());
    row.querySelector("[data-ask]").addEventListener("click", () => this.ask(this.wanted));
  }

  heard(reply) {
    if (this.done.has(reply.id)) return;
    if (reply.state === "writing") this.begin(reply);
    else this.ended(reply);
  }

  begin(reply) {
    this.isConfirmed = true;
    if (this.bubble?.reply.id === reply.id) return;
    this.clear();
    this.hideProblem();
    this.bubble = new Bubble(reply, this.history);
    this.showStop();
  }

  take(part) {
    if (this.bubble?.reply.id !== part.reply) return;
    if (!this.bubble.take(part)) this.readAgain();
    else end("chat.first-token", "chat.asked");
  }

  // Something is missing: whoever follows anew is told the whole text so far.
  readAgain() {
    this.reading ??= setTimeout(() => {
      this.reading = null;
      this.live.again(this.history.conversation);
    }, AGAIN_MS * Math.random());
  }

  ended(reply) {
    const isOurs = this.bubble?.reply.id === reply.id;
    if (isOurs && reply.message !== null) this.wait(reply);
    else if (isOurs) this.clear();
    if (reply.error) this.showProblem(worded(reply.error), reply.error.can_retry ? { regenerate: reply.replaces !== null } : null);
    else if (reply.outcome === "interrupted" && reply.message === null) this.showProblem("The server restarted before the first word.", {});
    else if (reply.outcome === "complete") this.hideProblem();
    this.showStop();
  }

  wait(reply) {
    this.bubble.finished();
    this.bubble.reply = reply;
    if (!this.bubble.isBorrowed && this.history.find(reply.message)) this.clear();
  }

  // A message is about to be drawn: is it the one whose words are shown?
  stored(record) {
    if (record.sequence > this.history.last) this.hideProblem();
    if (!this.bubble || record.role !== "assistant") return;
    const { reply, isBorrowed } = this.bubble;
    const isNew = reply.state === "writing" && !isBorrowed && record.sequence > this.history.last; // its end is told later
    const isRewritten = isBorrowed && reply.replaces === record.id;
    if (record.id !== reply.message && !isNew && !isRewritten) return;
    this.done.add(reply.id);
    this.clear();
    this.showStop();
  }

  // After a loss of the connection: what is still being written is told again; what is not has ended unheard.
  confirm() {
    if (!this.bubble || this.isConfirming) return;
    this.isConfirmed = false;
    this.isConfirming = true;
    setTimeout(() => {
      this.isConfirming = false;
      if (!this.isConfirmed) this.clear();
      this.showStop();
    }, CONFIRM_MS);
  }

  clear() {
    this.bubble?.remove();
    this.bubble = null;
  }

  async ask(body) {
    this.hideProblem();
    try {
      const { data: reply } = await send(this.path, { body });
      if (this.live.isLive) this.heard(reply);
    } catch (error) {
      this.refused(error, body);
    }
  }

  refused(error, body) {
    if (!(error instanceof RequestError)) throw error;
    this.showProblem(reason(error), error.isPassing ? body : null);
  }

  async stop() {
    this.stopButton.disabled = true;
    try {
      await send(this.path, { method: "DELETE" });
    } catch (error) {
      notice(reason(error));
    } finally {
      this.stopButton.disabled = false;
    }
  }

  // A reply that waits for its endpoint is told when it begins to: whoever came later asks.
  async lookForReply() {
    if (!this.isUnanswered) return;
    try {
      const { data: reply } = await get(this.path);
      if (reply.state === "waiting" && this.isUnanswered) this.heard(reply);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error; // there was none, or no answer: the question shows as open
    }
  }

  // A question that nobody answers: the assistant came later, or its failure went unheard.
  lookForQuestion() {
    clearTimeout(this.looking);
    this.looking = setTimeout(() => {
      if (this.isUnanswered) this.showProblem("The last message has no reply.", {}, { label: "Ask the assistant", isQuiet: true });
    }, UNANSWERED_MS);
  }

  get isUnanswered() {
    const { hasEnd, newest, pane, unsent } = this.history;
    const isAsked = newest?.dataset.role === "user" && !newest.classList.contains("is-deleted");
    const isOpen = pane.dataset.assistant === "on" && hasEnd && !unsent.firstElementChild;
    return isAsked && isOpen && !this.bubble && this.row.hidden && this.live.isLive;
  }

  get isWriting() {
    return this.bubble?.reply.state === "writing";
  }

  showStop() {
    this.stopButton.parentElement.hidden = !this.isWriting;
  }

  // `wanted`: what to ask for when it is tried again, null when that is no use.
  showProblem(text, wanted, { label = "Try again", isQuiet = false } = {}) {
    const button = this.row.querySelector("[data-ask]");
    this.wanted = wanted ?? {};
    this.row.querySelector("[data-text]").textContent = text;
    button.hidden = wanted === null;
    button.textContent = label;
    this.row.classList.toggle("is-quiet", isQuiet);
    this.history.keep(() => { this.row.hidden = false; }, { follow: this.history.isAtEnd });
    if (!isQuiet) say(text);
  }

  hideProblem() {
    this.row.hidden = true;
  }
}

// "…, and when it is possible again", by the reader's clock; the day is named where it is another.
function worded({ detail, retry_at: moment }) {
  if (!moment) return detail;
  const when = new Date(moment);
  const weekday = when.toDateString() === new Date().toDateString() ? undefined : "long";
  return `${detail} Possible again: ${when.toLocaleString([], { weekday, hour: "2-digit", minute: "2-digit" })}.`;
}
