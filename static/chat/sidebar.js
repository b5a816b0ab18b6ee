// The list of conversations at the side, kept in step with what happens on the page.

const PREVIEW_CHARACTERS = 120;
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

export function markRead(conversation) {
  const item = entry(conversation);
  item?.querySelector("[data-unread]")?.remove();
  item?.classList.remove("is-unread");
}

// A message was sent: it is the conversation's preview now, and the conversation the latest.
export function showLatest(record) {
  const item = entry(record.conversation);
  if (!item) return;
  const time = item.querySelector("time");
  item.querySelector(".conversation-preview").textContent = withoutMarks(record.text.slice(0, PREVIEW_CHARACTERS));
  time.dateTime = record.created_at;
  time.textContent = clock.format(new Date(record.created_at));
  const row = item.closest("li");
  if (row.previousElementSibling) row.parentElement.prepend(row);
}

// Bring the open conversation into the list's view without moving the page.
export function showCurrent() {
  const list = document.getElementById("conversations");
  const current = list?.querySelector("[aria-current]");
  if (!current) return;
  const below = current.offsetTop + current.offsetHeight - list.clientHeight;
  if (below > 0) list.scrollTop = below + current.offsetHeight;
}

function entry(conversation) {
  return document.querySelector(`#conversations [data-conversation="${conversation}"]`);
}

// As apps/chat/text.py does it: one line of plain words.
function withoutMarks(text) {
  return text.replace(/```\w*|[`*~]+|^#+ |^> ?/gm, "").split(/\s+/).join(" ").trim() || text;
}
