// The window of a conversation that is in the page: grows at either end, forgets what is far away, holds its place.

import { get } from "../deduplication/request.js";
import { within } from "./freshness.js";
import { fillBody, isOlder, messageElement } from "./message.js";
import { reason } from "./reason.js";
import { arrange } from "./timeline.js";

const PAGE = 50;
const MOST = 400; // messages kept in the document
const SLICE = 10; // messages made and laid out in one task
const AHEAD = "1200px 0px";
const AT_END_PX = 48;
const FRESH_MS = 5_000; // how late a change may be seen that no socket tells of

export class History extends EventTarget {
  constructor(pane) {
    super();
    const { conversation, user, role, nextBefore, nextAfter, last, read } = pane.dataset;
    this.pane = pane;
    this.list = pane.querySelector("#messages");
    this.writing = pane.querySelector("#writing");
    this.unsent = pane.querySelector("#unsent");
    this.path = `/api/conversations/${conversation}/messages`;
    this.conversation = Number(conversation);
    this.viewer = { id: Number(user), name: pane.dataset.name, isOwner: role === "owner" };
    this.nextBefore = nextBefore || null;
    this.nextAfter = nextAfter || null;
    this.last = Number(last);
    this.read = Number(read);
    this.busy = new Set();
    this.meanwhile = [];
    this.rounded = 0;
    this.start();
  }

  get hasEnd() {
    return this.nextAfter === null;
  }

  // The pane's column runs upwards, so its end is at scrollTop 0 and everything older below zero.
  get isAtEnd() {
    return this.hasEnd && this.pane.scrollTop > -AT_END_PX;
  }

  start() {
    this.edges = Object.fromEntries([...this.pane.querySelectorAll("[data-edge]")].map((edge) => [edge.dataset.edge, edge]));
    this.watch = new IntersectionObserver((seen) => {
      for (const { isIntersecting, target } of seen) if (isIntersecting) this.grow(target.dataset.edge);
    }, { root: this.pane, rootMargin: AHEAD });
    for (const edge of Object.values(this.edges)) this.startEdge(edge);
    this.settle();
  }

  startEdge(edge) {
    edge.querySelector("[data-edge-link]").addEventListener("click", (event) => {
      event.preventDefault();
      this.grow(edge.dataset.edge);
    });
    this.watch.observe(edge);
  }

  // Load the next page at one end ("before" or "after"); a failure stays there with a way to try again.
  async grow(end) {
    const from = end === "before" ? this.nextBefore : this.nextAfter;
    if (!from || this.busy.has(end)) return;
    this.busy.add(end);
    this.edges[end].ariaBusy = "true";
    this.showEdge(end, "Loading …");
    try {
      const page = await this.page(`&${end}=${from}`);
      if (from === (end === "before" ? this.nextBefore : this.nextAfter)) await this.take(end, page);
      this.overtake();
      this.showEdges();
      this.watch.unobserve(this.edges[end]);
      this.watch.observe(this.edges[end]); // asks again whether the end is still near
    } catch (error) {
      this.showEdge(end, `${reason(error)} Try again`);
    } finally {
      this.busy.delete(end);
      this.edges[end].ariaBusy = null;
    }
  }

  async page(place = "", limit = PAGE) {
    const { data } = await get(`${this.path}?limit=${limit}${place}`, { staleMs: FRESH_MS, tags: [within(this.conversation)] });
    return data;
  }

  // A few at a time, so that scrolling never waits for a whole page.
  async take(end, page) {
    const records = [...page.messages];
    while (records.length) {
      if (end === "before") this.prepend(records.splice(-SLICE), records.length ? undefined : page.next_before);
      else this.append(records.splice(0, SLICE), records.length ? undefined : page.next_after);
      if (records.length) await nextTask();
    }
  }

  prepend(records, next = records[0].id) {
    this.hold(() => {
      this.list.prepend(...records.map((record) => messageElement(record, this.viewer)));
      this.nextBefore = next;
      this.forget("before");
    });
  }

  append(records, next = records.at(-1).id) {
    this.hold(() => {
      this.list.append(...records.map((record) => messageElement(record, this.viewer)));
      this.nextAfter = next;
      this.forget("after");
    });
  }

  // Drop what is farthest from the end that has just grown.
  forget(grown) {
    const messages = this.messages();
    const excess = messages.length - MOST;
    if (excess <= 0) return;
    const gone = grown === "before" ? messages.slice(-excess) : messages.slice(0, excess);
    for (const element of gone) element.remove();
    if (grown === "before") this.nextAfter = messages[messages.length - excess - 1].dataset.id;
    else this.nextBefore = messages[excess].dataset.id;
  }

  // Replace the window by the newest page and go to its end.
  async toNewest() {
    if (!this.hasEnd) await this.replace("");
    this.pane.scrollTop = 0;
  }

  // Too much was missed: read anew what is on the screen, and leave it where it is.
  async reload() {
    const held = this.isAtEnd ? null : this.firstVisible();
    const top = held?.getBoundingClientRect().top;
    await this.replace(held ? `&around=${held.dataset.id}` : "");
    const again = held && this.find(held.dataset.id);
    if (again) this.pane.scrollTop += again.getBoundingClientRect().top - top;
    else this.pane.scrollTop = 0;
  }

  async replace(query) {
    this.busy.add("before").add("after");
    try {
      const page = await this.page(query);
      this.list.replaceChildren(...page.messages.map((record) => messageElement(record, this.viewer)));
      this.nextBefore = page.next_before;
      this.nextAfter = page.next_after;
      this.last = Math.max(this.last, ...page.messages.map((record) => record.sequence));
      this.overtake();
      this.settle();
    } finally {
      this.busy.clear();
    }
  }

  // What the socket said while a page was on its way may be newer than the page.
  overtake() {
    for (const record of this.meanwhile.splice(0)) if (this.find(record.id) || this.fits(record)) this.place(record);
  }

  // The newest page once more, for want of a socket: new messages, and edits of the latest.
  async refresh() {
    if (!this.hasEnd || this.busy.size) return;
    const page = await this.page();
    const [oldest] = page.messages;
    if (oldest && oldest.sequence > this.last + 1) await this.catchUp();
    else this.merge(page.messages);
  }

  // Fetch what came since the newest message here; nothing to do while the end is not loaded.
  async catchUp() {
    if (!this.hasEnd || this.busy.has("after")) return;
    const { newest } = this;
    const page = await this.page(newest ? `&after=${newest.dataset.id}` : "");
    this.merge(page.messages);
    this.nextAfter = page.next_after;
    this.showEdges();
  }

  // Others wrote between the newest message here and one just sent: fetch what lies between.
  async fill(record) {
    const before = this.messages().findLast((other) => Number(other.dataset.sequence) < record.sequence);
    if (!before || !this.hasEnd) return;
    const page = await this.page(`&after=${before.dataset.id}`);
    this.merge(page.messages);
  }

  // What the socket said: also of messages that are not in the window.
  changed(records) {
    if (this.busy.size) this.meanwhile.push(...records);
    this.merge(records);
    if (this.hasEnd && this.messages().length > MOST * (this.isAtEnd ? 1 : 2)) this.hold(() => this.forget(this.isAtEnd ? "after" : "before"));
  }

  // Put messages where their numbers say; one that is here already is drawn anew.
  merge(records) {
    const fresh = records.filter((record) => record.sequence > this.last);
    const wasAtEnd = this.isAtEnd;
    this.hold(() => { for (const record of records) this.place(record); }, { follow: wasAtEnd });
    const others = fresh.filter((record) => record.author.id !== this.viewer.id);
    if (others.length) this.dispatchEvent(new CustomEvent("arrived", { detail: { records: others, wasAtEnd } }));
  }

  place(record) {
    const present = this.find(record.id);
    this.last = Math.max(this.last, record.sequence);
    if (present) return isOlder(record, present) ? undefined : fillBody(present, record);
    if (!this.fits(record)) return undefined;
    const element = messageElement(record, this.viewer);
    const before = this.messages().findLast((other) => Number(other.dataset.sequence) < record.sequence);
    return before ? before.after(element) : this.list.prepend(element);
  }

  // Whether a message that is not here belongs into the window.
  fits(record) {
    const messages = this.messages();
    if (!messages.length) return this.hasEnd;
    const [first, last] = [messages[0], messages.at(-1)].map((element) => Number(element.dataset.sequence));
    return (record.sequence > first || !this.nextBefore) && (record.sequence < last || this.hasEnd);
  }

  // Change the list without moving what is being read; at the end, follow it.
  hold(change, { follow = false } = {}) {
    this.keep(() => { change(); this.settle(); }, { follow });
  }

  keep(change, { follow = false } = {}) {
    const anchor = follow ? null : this.firstVisible();
    const top = anchor?.getBoundingClientRect().top;
    this.pane.classList.add("is-changing"); // the browser's own anchoring would correct a second time
    change();
    if (follow) this.pane.scrollTop = 0;
    else if (anchor?.isConnected) this.scrollBy(anchor.getBoundingClientRect().top - top);
    cancelAnimationFrame(this.unmarking); // of a change in the same frame: this one is not over
    this.unmarking = requestAnimationFrame(() => this.pane.classList.remove("is-changing"));
  }

  // Browsers round positions; what they left out is made up for at the next change, so that it does not add up.
  scrollBy(distance) {
    const { scrollTop } = this.pane;
    const wanted = distance + this.rounded;
    this.pane.scrollTop += wanted;
    const left = wanted - (this.pane.scrollTop - scrollTop);
    this.rounded = Math.abs(left) < 1 ? left : 0;
  }

  settle() {
    arrange(this.list, this.writing, this.unsent);
    const laidOut = [...this.list.querySelectorAll(".message:not(.is-settled)")]; // what comes later is settled later
    afterLayout(() => { for (const element of laidOut) element.classList.add("is-settled"); });
    this.showEdges();
    this.dispatchEvent(new Event("changed"));
  }

  firstVisible() {
    const { top } = this.pane.getBoundingClientRect();
    return this.messages().find((element) => element.getBoundingClientRect().bottom > top + 1) ?? null;
  }

  get newest() {
    return this.messages().at(-1) ?? null;
  }

  messages() {
    return [...this.list.getElementsByClassName("message")];
  }

  find(id) {
    return document.getElementById(`m${id}`);
  }

  showEdges() {
    this.showEdge("before", "Older messages");
    this.showEdge("after", "Newer messages");
    this.unsent.hidden = this.writing.hidden = !this.hasEnd;
  }

  showEdge(end, text) {
    const link = this.edges[end].querySelector("[data-edge-link]");
    const note = this.edges[end].querySelector("[data-edge-end]");
    link.hidden = !(end === "before" ? this.nextBefore : this.nextAfter);
    link.textContent = text;
    if (note) note.hidden = !link.hidden;
  }
}

function nextTask() {
  return new Promise((done) => { setTimeout(done); });
}

function afterLayout(run) {
  requestAnimationFrame(() => requestAnimationFrame(run));
}
