// The sheet of keys: "?" opens it.

export function startShortcuts() {
  const sheet = document.getElementById("shortcuts");
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key !== "?" || isTyping || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    sheet.showModal();
  });
  for (const button of document.querySelectorAll("[data-shortcuts]")) button.addEventListener("click", () => sheet.showModal());
}
