"""Debian's browsers, driven by Playwright; nothing is downloaded."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright

PROGRAMS = {"chromium": ("chromium", "chromium-browser", "google-chrome"), "firefox": ("firefox-esr", "firefox")}
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Firefox does not take the dark scheme from Playwright: 0 is dark, 1 is light.
FIREFOX_SCHEME = "layout.css.prefers-color-scheme.content-override"


def program(name: str) -> str | None:
    """Return the path of the installed browser, None without one."""
    return next((path for one in PROGRAMS[name] if (path := shutil.which(one))), None)


@contextmanager
def running_browser(playwright: Playwright, name: str, *, dark: bool = False) -> Iterator[Browser]:
    """Yield the named browser; `dark` decides what Firefox tells pages that ask for a colour scheme."""
    path = program(name)
    if name == "chromium":
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
    else:
        preferences: dict[str, str | float | bool] = {FIREFOX_SCHEME: 0 if dark else 1}
        browser = playwright.firefox.launch(executable_path=path, channel="moz-firefox", firefox_user_prefs=preferences)
    try:
        yield browser
    finally:
        browser.close()
