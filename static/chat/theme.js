// The theme switch: the system's, or the other one, kept in this browser.

const system = matchMedia("(prefers-color-scheme: dark)");

export function startTheme() {
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    button.addEventListener("click", toggle);
  }
  for (const choice of document.querySelectorAll("[data-theme-choice]")) {
    choice.checked = choice.value === chosen();
    choice.addEventListener("change", () => choose(choice.value));
  }
}

function toggle() {
  const isDark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : system.matches;
  const next = isDark ? "light" : "dark";
  choose(next === (system.matches ? "dark" : "light") ? "system" : next);
}

function choose(theme) {
  if (theme === "system") {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem("theme");
  } else {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("theme", theme);
  }
  for (const choice of document.querySelectorAll("[data-theme-choice]")) choice.checked = choice.value === theme;
}

function chosen() {
  return document.documentElement.dataset.theme ?? "system";
}
