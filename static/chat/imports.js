// The import page: upload with progress, then each running import followed to its end.

import { get } from "../deduplication/request.js";
import { notice, say } from "./notice.js";
import "./page.js";
import { reason } from "./reason.js";
import { UploadForm } from "./upload.js";

const FIRST_MS = 500;
const LONGEST_MS = 5000;
const GROWTH = 1.4;
const IS_OVER = new Set(["finished", "failed"]);

new UploadForm(document.getElementById("import-form"), { uploaded });
for (const card of document.querySelectorAll("[data-import]")) if (!IS_OVER.has(card.dataset.state)) follow(card.dataset.import);

async function uploaded(record) {
  await redraw(record.id);
  document.getElementById(`import-${record.id}`)?.scrollIntoView({ block: "nearest" });
  if (!IS_OVER.has(record.state)) follow(record.id);
}

async function follow(id, wait = FIRST_MS) {
  await new Promise((resolve) => setTimeout(resolve, wait));
  try {
    const { data: record } = await get(`/api/imports/${id}`);
    if (IS_OVER.has(record.state)) return over(record);
    show(record);
  } catch (error) {
    if (!error.isPassing) return notice(reason(error));
  }
  return follow(id, Math.min(wait * GROWTH, LONGEST_MS));
}

function show(record) {
  const card = document.getElementById(`import-${record.id}`);
  const progress = card.querySelector("progress");
  if (record.state === "running") progress.value = record.read_bytes;
  card.querySelector("[data-state-word]").textContent = record.state === "running" ? "Running" : "Waiting";
  for (const place of card.querySelectorAll("[data-count]")) {
    place.textContent = record[place.dataset.count].toLocaleString("en");
  }
}

async function over(record) {
  await redraw(record.id);
  say(`Import of ${record.filename}: ${record.state}.`);
}

// Take the import's card, and the conversations it brought, from the page as the server draws it now.
async function redraw(id) {
  const { data } = await get(location.pathname, { accept: "text/html" });
  const page = new DOMParser().parseFromString(data, "text/html");
  const card = document.getElementById(`import-${id}`);
  const drawn = page.getElementById(`import-${id}`);
  const conversations = page.getElementById("conversations");
  if (card && drawn) card.replaceWith(document.importNode(drawn, true));
  else document.getElementById("imports").replaceChildren(...document.importNode(page.getElementById("imports"), true).children);
  if (conversations) document.getElementById("conversations").replaceChildren(...document.importNode(conversations, true).childNodes);
}
