// The small control by which people say what they think of the page they are on.

import { RequestError, send } from "../deduplication/request.js";
import { pageTrace } from "./trace.js";

export function startFeedback() {
  const sheet = document.getElementById("feedback");
  const form = sheet?.querySelector("form");
  for (const button of document.querySelectorAll("[data-feedback]")) button.addEventListener("click", () => opened(sheet, form));
  form?.addEventListener("submit", (event) => { if (event.submitter?.value === "send") { event.preventDefault(); give(sheet, form); } });
}

function opened(sheet, form) {
  form.reset();
  show(form, "");
  sheet.showModal();
}

async function give(sheet, form) {
  const opinion = opinionOf(form);
  if (opinion.is_fast === null && opinion.is_helpful === null && !opinion.comment) {
    show(form, "Choose something, or say it in your own words.");
    return;
  }
  try {
    await send("/api/feedback", { body: { path: location.pathname, trace: pageTrace(), ...opinion } });
    sheet.close();
    document.getElementById("spoken").textContent = "Thank you: it has been noted.";
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    show(form, error.detail || "This could not be sent. Try again.");
  }
}

function opinionOf(form) {
  const data = new FormData(form);
  const yes = { yes: true, no: false };
  return { is_fast: yes[data.get("fast")] ?? null, is_helpful: yes[data.get("helpful")] ?? null, comment: data.get("comment").trim() };
}

function show(form, text) {
  const problem = form.querySelector("[data-problem]");
  problem.textContent = text;
  problem.hidden = !text;
}
