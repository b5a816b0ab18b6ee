// What every page does: the live connection and the list it feeds, theme, keys, lists that go on, sign-out.

import { signOut, statistics } from "../deduplication/request.js";
import { Tab } from "../live/tab.js";
import { showTotal } from "./badge.js";
import { Conversations } from "./conversations.js";
import { forgetTexts } from "./draft.js";
import { startFreshness } from "./freshness.js";
import { startMore } from "./more.js";
import { showCurrent } from "./sidebar.js";
import { startShortcuts } from "./shortcuts.js";
import { startTheme } from "./theme.js";

const { user, worker } = document.getElementById("main").dataset;
export const live = new Tab({ user, worker });
startFreshness(live);
export const conversations = new Conversations(live, Number(user));

function startPage() {
  live.addEventListener("state", ({ detail }) => { document.documentElement.dataset.live = detail.phase; });
  startTheme();
  startMore();
  showCurrent();
  showTotal();
  startShortcuts();
  document.addEventListener("keydown", toSearch);
  for (const form of document.querySelectorAll("form[data-sign-out]")) form.addEventListener("submit", leave);
  window.requestStatistics = statistics; // for the console: what was asked of the server, and what was not
}

// Whoever signs out leaves nothing of theirs in any tab.
function leave() {
  forgetTexts();
  signOut();
}

function toSearch(event) {
  const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
  const isSlash = event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey;
  const isCtrlK = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
  const field = document.getElementById("page-search") ?? document.getElementById("side-search");
  if (!field || !(isSlash || isCtrlK)) return;
  event.preventDefault();
  field.focus();
  field.select();
}

startPage();
