// What every page does: theme, the way to the search field, lists that go on, sign-out.

import { forgetTexts } from "./draft.js";
import { startMore } from "./more.js";
import { showCurrent } from "./sidebar.js";
import { startTheme } from "./theme.js";

export function startPage() {
  startTheme();
  startMore();
  showCurrent();
  document.addEventListener("keydown", toSearch);
  for (const form of document.querySelectorAll("form[data-sign-out]")) form.addEventListener("submit", forgetTexts);
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
