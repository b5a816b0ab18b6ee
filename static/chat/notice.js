// Short notices at the edge of the page, read out politely by the page's one live region; one may offer an action.

const SECONDS = 6;

export function notice(text, { action = "", run = null } = {}) {
  const place = document.getElementById("notices");
  const shown = document.getElementById("notice-template").content.firstElementChild.cloneNode(true);
  const close = () => shown.remove();
  shown.querySelector("[data-text]").textContent = text;
  shown.querySelector("[data-close]").addEventListener("click", close);
  if (action) offer(shown.querySelector("[data-action]"), action, () => { close(); run(); });
  else setTimeout(close, SECONDS * 1000);
  place.replaceChildren(shown);
  say(action ? `${text} ${action}` : text);
}

// Said to screen readers: what others see.
export function say(text) {
  document.getElementById("spoken").textContent = text;
}

function offer(button, text, run) {
  button.hidden = false;
  button.textContent = text;
  button.addEventListener("click", run);
}
