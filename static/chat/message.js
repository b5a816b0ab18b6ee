// One message as an element, from the server's own template; apps/chat/templatetags/appearance.py draws the same.

import { decorateCode } from "./code.js";
import { piece } from "./piece.js";

const TONES = 12;
const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "medium" });
const marks = JSON.parse(document.getElementById("mark-template").dataset.marks);
const TOMBSTONE = "This message was deleted.";

export function messageElement(record, viewer) {
  const element = piece("message-template");
  element.id = `m${record.id}`;
  element.dataset.id = record.id;
  element.dataset.sequence = record.sequence;
  fillHead(element, record, viewer);
  fillBody(element, record);
  return element;
}

// Whether the record is older than what the element shows: an answer over HTTP that the socket has overtaken.
export function isOlder(record, element) {
  return versionOf(record.deleted, record.edited_at) < versionOf(element.classList.contains("is-deleted"), element.dataset.editedAt);
}

// A message on its way: known by its client_id, without number or formatting yet.
export function pendingElement({ clientId, text, at }, viewer) {
  const element = draftElement({ author: viewer, role: "user", created_at: at }, text, viewer);
  element.dataset.clientId = clientId;
  element.classList.add("is-pending");
  return element;
}

// What is no message yet.
export function draftElement(record, text, viewer = { id: 0 }) {
  const element = piece("message-template");
  element.removeAttribute("id");
  delete element.dataset.id;
  delete element.dataset.sequence;
  fillHead(element, record, viewer);
  const paragraph = document.createElement("p");
  paragraph.className = "plain";
  paragraph.textContent = text;
  element.querySelector("[data-body]").replaceChildren(paragraph);
  return element;
}

export function fillBody(element, record) {
  const body = element.querySelector("[data-body]");
  body.innerHTML = record.deleted ? `<p>${TOMBSTONE}</p>` : record.html; // sanitised by the server
  element.classList.toggle("is-deleted", record.deleted);
  if (record.edited_at) element.dataset.editedAt = record.edited_at;
  element.querySelector("[data-edited]").hidden = !record.edited_at || record.deleted;
  fillMark(element, record);
  decorateCode(body);
}

// How a reply ended, where it was not by its last word.
function fillMark(element, { completion = null, deleted }) {
  element.querySelector("[data-mark]")?.remove();
  if (deleted || !marks[completion]) return;
  const mark = piece("mark-template");
  mark.querySelector("[data-text]").textContent = marks[completion];
  element.append(mark);
}

function versionOf(isDeleted, editedAt) {
  if (isDeleted) return Infinity;
  return editedAt ? Date.parse(editedAt) : 0;
}

function fillHead(element, record, viewer) {
  const { author, role } = record;
  element.dataset.author = `${author.id ?? ""}:${author.name}`;
  element.dataset.role = role;
  element.classList.toggle("is-own", author.id !== null && author.id === viewer.id);
  if (role !== "user") element.classList.add(`is-${role}`);
  fillTag(element, tagOf(author, role));
  element.querySelector("[data-name]").textContent = author.name;
  fillAvatar(element.querySelector("[data-avatar]"), author.name);
  fillTime(element, record);
}

function fillTime(element, record) {
  const link = element.querySelector("[data-link]");
  if (record.id) link.href = `/c/${record.conversation}/?message=${record.id}#m${record.id}`;
  else link.removeAttribute("href");
  const time = link.querySelector("time");
  time.dateTime = record.created_at;
  time.title = moment.format(new Date(record.created_at)).replace(" at ", ", ");
}

// As apps/chat/views/timeline.py says it.
function tagOf({ id, name }, role) {
  if (role === "user") return id === null ? "no account" : "";
  return name.toLowerCase() === role ? "" : role;
}

function fillTag(element, text) {
  if (!text) return;
  const tag = piece("tag-template");
  tag.textContent = text;
  element.querySelector("[data-name]").after(tag);
}

function fillAvatar(avatar, name) {
  const sum = [...name].reduce((total, character) => total + character.codePointAt(0), 0);
  avatar.className = `avatar tone-${sum % TONES}`;
  avatar.textContent = initials(name);
}

function initials(name) {
  const words = name.split(/[\s_.-]+/).filter(Boolean);
  const letters = words.map((word) => [...word].find((character) => /[\p{L}\p{N}]/u.test(character)) ?? "");
  return letters.join("").slice(0, 2).toUpperCase() || "?";
}
