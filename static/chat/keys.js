// Moving through the history by keyboard: arrows from message to message, Enter to its toolbar, Escape to the composer.

export function startKeys(history, composer) {
  history.pane.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowUp" || event.key === "ArrowDown") move(event, history);
    else if (event.key === "Enter" && event.target.matches(".message")) toToolbar(event);
  });
  document.addEventListener("keydown", (event) => {
    const isOpen = document.querySelector("dialog[open], [popover]:popover-open");
    if (event.key === "Escape" && !isOpen && !event.defaultPrevented) composer.focus();
  });
}

function move(event, history) {
  const isMessage = event.target.matches(".message");
  if (!isMessage && event.target !== history.pane) return;
  const messages = [...history.pane.getElementsByClassName("message")];
  const step = event.key === "ArrowUp" ? -1 : 1;
  const next = isMessage ? messages[messages.indexOf(event.target) + step] : lastVisible(history.pane, messages);
  if (!next) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function lastVisible(pane, messages) {
  const { bottom } = pane.getBoundingClientRect();
  return messages.findLast((message) => message.getBoundingClientRect().top < bottom - 8);
}

function toToolbar(event) {
  const button = event.target.querySelector(".toolbar button");
  if (!button) return;
  event.preventDefault();
  button.focus();
}
