// The chat page: puts its parts together.

import { Actions } from "./actions.js";
import { copyCode, decorateCode } from "./code.js";
import { Composer } from "./composer.js";
import { Draft } from "./draft.js";
import { History } from "./history.js";
import { NewestButton } from "./newest.js";
import { say } from "./notice.js";
import { Outbox } from "./outbox.js";
import { ReadMarker } from "./read.js";
import { Sender } from "./sender.js";
import { showLatest } from "./sidebar.js";
import { startKeys } from "./keys.js";
import "./page.js";

const pane = document.getElementById("history");
decorateCode(pane);
const history = new History(pane);
const { viewer, conversation } = history;
const sender = new Sender(history, new Outbox(viewer.id, conversation));
const actions = new Actions(history, { done: () => composer.focus() });
const composer = new Composer(document.getElementById("composer"), new Draft(viewer.id, conversation), {
  send: (text) => sender.send(text),
  editLast: () => actions.editLast(),
});
new NewestButton(document.getElementById("newest"), history);
new ReadMarker(history);
startKeys(history, composer);
open();

sender.addEventListener("sent", ({ detail }) => showLatest(detail));
sender.addEventListener("refused", ({ detail }) => composer.refuse(detail.text, detail.reason));
history.addEventListener("arrived", ({ detail }) => announce(detail.records));
pane.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copyCode(button);
});
document.addEventListener("visibilitychange", catchUp);
addEventListener("pageshow", (event) => { if (event.persisted) catchUp(); });

// Where the page begins: the message asked for, the first unread one, or the end.
function open() {
  const place = pane.dataset.opening && document.getElementById(pane.dataset.opening);
  const isWide = matchMedia("(hover: hover)").matches;
  if (!place) {
    if (isWide) composer.focus();
    return;
  }
  const isTarget = place.classList.contains("is-target");
  const show = () => place.scrollIntoView({ block: isTarget ? "center" : "start" });
  show();
  requestAnimationFrame(show); // messages out of sight had only an estimated height before
  if (isTarget) place.focus({ preventScroll: true });
  else if (isWide) composer.focus();
}

async function catchUp() {
  if (document.visibilityState !== "visible") return;
  await history.catchUp().catch(() => {}); // a passing failure: the next look at the page tries again
}

function announce(records) {
  const last = records.at(-1);
  say(records.length > 1 ? `${records.length} new messages` : `${last.author.name}: ${last.text.slice(0, 200)}`);
}
