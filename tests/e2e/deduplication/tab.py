"""A tab of a browser whose page uses the module."""

import json
from typing import Any

from playwright.sync_api import Page

from tests.e2e.deduplication.origin import Origin
from tests.servers.deadline import eventually

REFUSED = "the server responded with a status of"  # Chromium's console tells of every answer that is an error


class Tab:
    """Opens the bare page for a user; asks, sends and watches in it without waiting for the outcome."""

    def __init__(self, page: Page, origin: Origin, user: str) -> None:
        self.page = page
        self.url = f"{origin.url}/page?{user}"
        self.load()

    def load(self) -> None:
        """Load the page, or load it anew."""
        self.page.goto(self.url)
        self.page.wait_for_selector("html[data-ready]", state="attached")

    def run(self, script: str) -> Any:
        """Return what the script answers; waits for its promises."""
        return self.page.evaluate(script)

    def ask(self, path: str, *, times: int = 1, on: str = "face", **options: Any) -> None:
        """Have so many parts of the page ask at once."""
        self.run(f"for (let part = 0; part < {times}; part += 1) ask({path!r}, {json.dumps(options)}, {on})")

    def send(self, path: str, *, on: str = "face", **options: Any) -> None:
        """Send, with something shown at once and taken back on refusal."""
        self.run(f"send({path!r}, {json.dumps(options)}, {on})")

    def watch(self, path: str, *, on: str = "face", **options: Any) -> None:
        """Subscribe."""
        self.run(f"watch({path!r}, {json.dumps(options)}, {on})")

    def outcomes(self, count: int = 1) -> list[dict[str, Any]]:
        """Return what came of the requests, once so many are over."""
        eventually(lambda: self.run("outcomes.length") >= count, what=f"outcome {count}")
        return list(self.run("outcomes"))

    def shown(self, count: int = 1) -> list[Any]:
        """Return what subscribers and optimistic changes showed, once it is so much."""
        eventually(lambda: self.run("shown.length") >= count, what=f"showing {count}")
        return list(self.run("shown"))

    def statistics(self, on: str = "face") -> dict[str, dict[str, int]]:
        """Return the module's own figures."""
        figures: dict[str, dict[str, int]] = self.run(f"{on}.statistics()")
        return figures
