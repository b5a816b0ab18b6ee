// Code blocks: their language, and a button that copies them.

import { piece } from "./piece.js";

const SHOWN_MS = 1600;

export function decorateCode(place) {
  for (const block of place.querySelectorAll("pre")) {
    if (!block.parentElement.classList.contains("code")) decorate(block);
  }
}

export async function copyCode(button) {
  const text = button.closest(".code").querySelector("pre").textContent;
  const label = button.querySelector("[data-text]");
  try {
    await navigator.clipboard.writeText(text.replace(/\n$/, ""));
    label.textContent = "Copied";
  } catch {
    label.textContent = "Not allowed";
  }
  setTimeout(() => { label.textContent = "Copy"; }, SHOWN_MS);
}

function decorate(block) {
  const language = /language-([\w+#.-]+)/.exec(block.firstElementChild?.className ?? "")?.[1] ?? "";
  const frame = piece("code-template");
  frame.querySelector(".code-language").textContent = language;
  block.replaceWith(frame);
  block.tabIndex = 0;
  block.setAttribute("role", "region");
  block.setAttribute("aria-label", language ? `Code, ${language}` : "Code");
  frame.append(block);
}
