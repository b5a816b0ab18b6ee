// "Show more" without leaving the page: the link's page is fetched and its list appended to ours.

import { get } from "../deduplication/request.js";
import { notice } from "./notice.js";

export function startMore() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-more]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    more(link);
  });
}

async function more(link) {
  const name = link.dataset.more;
  link.setAttribute("aria-busy", "true");
  try {
    const { data } = await get(link.href, { accept: "text/html" });
    append(link, name, new DOMParser().parseFromString(data, "text/html"));
  } catch {
    link.removeAttribute("aria-busy");
    notice("More could not be loaded.", { action: "Try again", run: () => more(link) });
  }
}

function append(link, name, page) {
  const own = document.querySelector(`[data-more-list="${name}"]`);
  const rows = [...page.querySelector(`[data-more-list="${name}"]`).children].map((row) => document.importNode(row, true));
  const next = page.querySelector(`a[data-more="${name}"]`);
  own.append(...rows);
  if (next) link.replaceWith(document.importNode(next, true));
  else link.remove();
  rows[0]?.querySelector("a")?.focus({ preventScroll: true });
}
