// How messages lie on the page: days between them, runs of one author. apps/chat/views/timeline.py does the same.

import { piece } from "./piece.js";

// What was read from an element once: hundreds of them are gone through at each change.
const moments = new WeakMap();
const timed = new WeakSet();
const RUN_MS = 5 * 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit" });
const words = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });

// Put days, runs and times right after the list has changed; touches only what is wrong.
export function arrange(...lists) {
  let previous = null;
  let day = "";
  for (const element of lists.flatMap((list) => [...list.children])) {
    if (element.classList.contains("day")) continue;
    if (element.classList.contains("message")) {
      day = placeDay(element, day);
      element.classList.toggle("is-continued", continues(previous, element));
      fillTime(element);
    }
    previous = element;
  }
  lists.forEach(removeStrayDays);
}

function placeDay(element, day) {
  const own = dayOf(element);
  let before = element.previousElementSibling;
  if (before?.classList.contains("unread-mark")) before = before.previousElementSibling;
  const label = before?.classList.contains("day") ? before : null;
  if (own === day) label?.remove();
  else if (label) fillDay(label, element, own);
  else insertDay(element, own);
  return own;
}

function insertDay(element, own) {
  const mark = element.previousElementSibling;
  const place = mark?.classList.contains("unread-mark") ? mark : element;
  const label = piece("day-template");
  fillDay(label, element, own);
  place.before(label);
}

function fillDay(label, element, own) {
  if (label.dataset.day === own) return;
  label.dataset.day = own;
  label.firstElementChild.textContent = dayLabel(own, sentAt(element));
}

function dayLabel(own, date) {
  if (own === calendar.format(Date.now())) return "Today";
  if (own === calendar.format(Date.now() - DAY_MS)) return "Yesterday";
  return words.format(date).replace(",", "");
}

function removeStrayDays(list) {
  for (const label of list.querySelectorAll(".day")) {
    const next = label.nextElementSibling;
    if (!next || next.classList.contains("day")) label.remove();
  }
}

function continues(previous, element) {
  if (!previous?.classList.contains("message") || previous.classList.contains("is-deleted")) return false;
  const isSame = previous.dataset.author === element.dataset.author && previous.dataset.role === element.dataset.role;
  return isSame && dayOf(previous) === dayOf(element) && Math.abs(sentAt(element) - sentAt(previous)) < RUN_MS;
}

function dayOf(element) {
  element.dataset.localDay ??= calendar.format(sentAt(element));
  return element.dataset.localDay;
}

function fillTime(element) {
  if (timed.has(element)) return;
  timed.add(element);
  const time = element.querySelector("time");
  const text = clock.format(sentAt(element));
  if (time.textContent !== text) time.textContent = text;
}

function sentAt(element) {
  if (!moments.has(element)) moments.set(element, Date.parse(element.querySelector("time").dateTime));
  return moments.get(element);
}
