// The list of conversations at the side, kept in step with what happens, here and elsewhere.

import { showTotal } from "./badge.js";

const PREVIEW_CHARACTERS = 120;
const MOST_SHOWN = 999;
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

// The reader has read up to a message.
export function markRead(conversation, sequence) {
  const item = entry(conversation);
  if (!item) return;
  item.dataset.read = Math.max(Number(item.dataset.read), sequence);
  showUnread(item);
}

// A message is the conversation's last now, or has changed: its preview, and when it is new, the top place.
export function showLatest(record, viewer) {
  const item = entry(record.conversation);
  if (!item || record.sequence < Number(item.dataset.last)) return;
  const isNew = record.sequence > Number(item.dataset.last);
  item.dataset.last = record.sequence;
  if (record.author.id === viewer) item.dataset.read = Math.max(Number(item.dataset.read), record.sequence);
  item.querySelector(".conversation-preview").textContent = previewOf(record);
  if (isNew) toTop(item, record.created_at);
  showUnread(item);
}

// Only the number is known. Returns whether the list has the conversation.
export function showNumber(conversation, last) {
  const item = entry(conversation);
  if (!item) return false;
  item.dataset.last = Math.max(Number(item.dataset.last), last);
  showUnread(item);
  return true;
}

export function rename(conversation, title) {
  const name = entry(conversation)?.querySelector(".conversation-title");
  if (name) name.textContent = title;
}

export function drop(conversation) {
  entry(conversation)?.closest("li").remove();
  showTotal();
}

// The rows of a list that was read anew go to the top in their order; what lies beyond it stays.
export function takeRows(rows) {
  const list = document.querySelector("#conversations ul");
  const current = list.querySelector("[aria-current]")?.dataset.conversation;
  const focused = document.activeElement?.dataset?.conversation;
  for (const row of rows) entry(row.querySelector("[data-conversation]")?.dataset.conversation)?.closest("li").remove();
  list.querySelector(".side-empty")?.remove();
  list.prepend(...rows);
  entry(current)?.setAttribute("aria-current", "page");
  if (focused) entry(focused)?.focus({ preventScroll: true });
  showTotal();
}

// Bring the open conversation into the list's view without moving the page.
export function showCurrent() {
  const list = document.getElementById("conversations");
  const current = list?.querySelector("[aria-current]");
  if (!current) return;
  const below = current.offsetTop + current.offsetHeight - list.clientHeight;
  if (below > 0) list.scrollTop = below + current.offsetHeight;
}

function toTop(item, at) {
  const time = item.querySelector("time");
  const row = item.closest("li");
  const hadFocus = item === document.activeElement;
  time.dateTime = at;
  time.textContent = clock.format(new Date(at));
  if (row.previousElementSibling) row.parentElement.prepend(row);
  if (item.hasAttribute("aria-current")) document.getElementById("conversations").scrollTop = 0;
  if (hadFocus) item.focus({ preventScroll: true });
}

function showUnread(item) {
  const unread = Math.max(0, Number(item.dataset.last) - Number(item.dataset.read));
  const badge = item.querySelector("[data-unread]");
  badge.hidden = unread === 0;
  badge.firstElementChild.textContent = unread > MOST_SHOWN ? `${MOST_SHOWN}+` : unread;
  item.classList.toggle("is-unread", unread > 0 && !item.hasAttribute("aria-current"));
  showTotal();
}

function entry(conversation) {
  return document.querySelector(`#conversations [data-conversation="${conversation}"]`);
}

function previewOf({ deleted, text }) {
  return deleted ? "Message deleted" : withoutMarks(text.slice(0, PREVIEW_CHARACTERS));
}

// As apps/chat/text.py does it: one line of plain words.
function withoutMarks(text) {
  return text.replace(/```\w*|[`*~]+|^#+ |^> ?/gm, "").split(/\s+/).join(" ").trim() || text;
}
