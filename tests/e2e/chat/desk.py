"""What somebody does in the chat, in the words of a test."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from playwright.sync_api import Error, Locator, Page, Request, expect

NUMBERS = count(1)
CALL = """async ([method, path, body]) => {
  const token = document.cookie.match(/csrftoken=([^;]+)/)[1];
  const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? {} : answer.json();
}"""
ANCHOR = """() => {
  const top = document.getElementById("history").getBoundingClientRect().top;
  const all = [...document.querySelectorAll("#messages .message")];
  const found = all.find((one) => one.getBoundingClientRect().bottom > top + 60);
  return [found.id, found.getBoundingClientRect().top];
}"""
EDGES = """() => {
  const found = [...document.querySelectorAll("#messages .message")].map((one) => Number(one.dataset.sequence));
  return [found[0], found.at(-1), found.length];
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A signed-in page and the address of its site."""

    page: Page
    url: str

    def open(self, path: str) -> None:
        """Go to a path of the site."""
        go_to(self.page, f"{self.url}{path}")

    def start_conversation(self) -> str:
        """Start a conversation through the page and return its path."""
        self.open("/conversations/new/")
        self.page.get_by_label("Title").fill(f"Conversation {next(NUMBERS)}")
        self.page.get_by_role("button", name="Start the conversation").click()
        expect(self.composer).to_be_visible()
        return self.page.url.removeprefix(self.url)

    def open_titled(self, title: str) -> None:
        """Open a conversation from the list at the side; by its address, for the list may move under the mouse."""
        item = self.page.locator("#conversations .conversation").filter(has=self.page.get_by_text(title, exact=True))
        self.open(str(item.first.get_attribute("href")))
        expect(self.page.locator("h1")).to_have_text(title)

    @property
    def composer(self) -> Locator:
        """The field messages are written in."""
        return self.page.locator("#composer-text")

    @property
    def messages(self) -> Locator:
        """The stored messages on the page."""
        return self.page.locator("#messages .message")

    @property
    def unsent(self) -> Locator:
        """Messages that are not stored yet."""
        return self.page.locator("#unsent .message")

    def send(self, text: str, *, shown: str = "") -> Locator:
        """Write, press Enter, wait until the server has it and it is shown; return the message."""
        self.composer.fill(text)
        self.composer.press("Enter")
        expect(self.messages.last).to_contain_text(shown or text)
        expect(self.unsent).to_have_count(0)
        return self.messages.last

    def scroll_to(self, top: int) -> None:
        """Set the history's scroll position; 0 is the end, everything older is below zero."""
        self.page.evaluate("top => { document.getElementById('history').scrollTop = top }", top)

    def anchor(self) -> tuple[str, float]:
        """Return the id of the message at the top of the view and where it stands on the screen."""
        found = self.page.evaluate(ANCHOR)
        return str(found[0]), float(found[1])

    def top_of(self, element_id: str) -> float:
        """Return where an element stands on the screen."""
        return float(self.page.evaluate("id => document.getElementById(id).getBoundingClientRect().top", element_id))

    def window(self) -> tuple[int, int, int]:
        """Return the first and last sequence number in the page, and how many messages it holds."""
        first, last, number = self.page.evaluate(EDGES)
        return int(first), int(last), int(number)

    def api_calls(self) -> list[str]:
        """Return a list that fills with what the page's scripts request from now on."""
        calls: list[str] = []
        self.page.on("request", lambda request: calls.append(request.url) if is_call(request) else None)
        return calls

    def call(self, method: str, path: str, **body: object) -> dict[str, Any]:
        """Ask the API as the page's scripts do, and return its answer."""
        found: dict[str, Any] = self.page.evaluate(CALL, [method, path, body if method != "GET" else None])
        return found

    def wait_live(self) -> None:
        """Wait until the page's socket works."""
        expect(self.page.locator("html")).to_have_attribute("data-live", "live")


def go_to(page: Page, address: str) -> None:
    """Go to an address."""
    try:
        page.goto(address)
    except Error as error:
        # Firefox, on a busy machine, at times starts the navigation that it was asked for a second time.
        if f'interrupted by another navigation to "{address}"' not in error.message:
            raise
        page.wait_for_url(address)


def is_call(request: Request) -> bool:
    """Return whether a script asks for something, the API or a page; to tell how a page was is to ask for nothing."""
    if request.url.endswith("/api/rum"):
        return False
    return "/api/" in request.url or request.resource_type in {"fetch", "xhr"}
