// The chat page: puts its parts together.

import { Actions } from "./actions.js";
import { Arrivals } from "./arrivals.js";
import { Assistant } from "./assistant.js";
import { copyCode, decorateCode } from "./code.js";
import { Composer } from "./composer.js";
import { Draft } from "./draft.js";
import { History } from "./history.js";
import { Membership } from "./membership.js";
import { NewestButton } from "./newest.js";
import { say } from "./notice.js";
import { Outbox } from "./outbox.js";
import { Poll } from "./poll.js";
import { Presence } from "./presence.js";
import { ReadMarker } from "./read.js";
import { Seen } from "./seen.js";
import { Sender } from "./sender.js";
import { showLatest } from "./sidebar.js";
import { Status } from "./status.js";
import { begin } from "./timing.js";
import { Typing } from "./typing.js";
import { startKeys } from "./keys.js";
import { conversations, live } from "./page.js";

const pane = document.getElementById("history");
decorateCode(pane);
const history = new History(pane);
const { viewer, conversation } = history;
const sender = new Sender(history, new Outbox(viewer.id, conversation), { isLive: () => live.isLive });
const actions = new Actions(history, { done: () => composer.focus() });
const composer = new Composer(document.getElementById("composer"), new Draft(viewer.id, conversation), {
  send: (text) => sender.send(text),
  editLast: () => actions.editLast(),
});
const typing = new Typing(document.getElementById("typing"), composer.field, live, history);
new NewestButton(document.getElementById("newest"), history);
new ReadMarker(history, live);
new Status(document.getElementById("status"), live);
new Presence(document.getElementById("presence"), live, history);
new Seen(document.getElementById("seen"), history, live);
const assistant = new Assistant(history, live, { row: document.getElementById("problem"), stopButton: document.querySelector("[data-stop]") });
new Arrivals(history, live, { stored });
new Membership(live, history);
new Poll(live, () => Promise.all([history.refresh(), conversations.readAnew()]));
startKeys(history, composer);
open();
live.follow(conversation, Number(pane.dataset.lastEvent));

sender.addEventListener("sent", ({ detail }) => { begin("chat.asked"); typing.sent(); showLatest(detail, viewer.id); });
sender.addEventListener("refused", ({ detail }) => composer.refuse(detail.text, detail.reason));
live.addEventListener("message", ({ detail }) => showLatest(detail.message, viewer.id));
history.addEventListener("arrived", ({ detail }) => announce(detail.records));
pane.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copyCode(button);
});

// The server has a message: what stood for it until now goes.
function stored(record) {
  assistant.stored(record);
  sender.stored(record);
}

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

function announce(records) {
  const last = records.at(-1);
  say(records.length > 1 ? `${records.length} new messages` : `${last.author.name}: ${last.text.slice(0, 200)}`);
}
