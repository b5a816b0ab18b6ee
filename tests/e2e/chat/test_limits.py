"""Who does too much is told so in a sentence, with the time to wait; nothing that was written is lost."""

import re
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.chat.conftest import PASSWORD, SIGN_UP, signed_in
from tests.e2e.chat.desk import CALL, Desk, go_to
from tests.servers.site import Site, running_site

KNOBS = ("messages_per_minute=8", "replies_per_hour=0", "sign_ins_per_minute=1", "accounts_per_address=100")

SET = f"""
from django.core.management import call_command
call_command("policies", "set", "limits", *{KNOBS}, "--reason", "tests reach them")
"""
NUMBERS = count(1)
FILL = """async (path) => {
  const headers = { "X-CSRFToken": document.cookie.match(/csrftoken=([^;]+)/)[1], "Content-Type": "application/json" };
  const send = () => fetch(path, { method: "POST", headers, body: JSON.stringify({ text: "One of many" }) });
  while ((await send()).ok) {}
}"""


@pytest.fixture(scope="module")
def strict_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that allows little."""
    with running_site(tmp_path_factory.mktemp("strict"), prepare=prepared) as site:
        yield site


def prepared(site: Site) -> None:
    """Make ada's account, and tight limits."""
    site.manage("shell", "--verbosity=0", "--command", SIGN_UP.format("ada", PASSWORD) + SET)


def tried(page: Page, url: str) -> None:
    """Send the form of the sign-in with a wrong password."""
    go_to(page, f"{url}/accounts/login/")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill("wrong")
    page.get_by_label("Password").press("Enter")


def test_what_is_too_much_is_told_with_the_time_to_wait(
    new_context: Callable[..., BrowserContext], strict_site: Site
) -> None:
    page = new_context().new_page()
    desk = signed_in(page, strict_site, "ada")
    told_when_a_reply_is_possible(desk)
    told_of_a_message_too_many(desk)
    stranger = new_context(extra_http_headers={"X-Forwarded-For": f"198.51.100.{next(NUMBERS)}"}).new_page()
    tried(stranger, strict_site.url)
    tried(stranger, strict_site.url)
    expect(stranger.get_by_role("alert")).to_have_text(
        re.compile(r"Signing in failed more than 1 times a minute from your network. Try again in \d+ seconds.")
    )
    assert stranger.get_by_label("User name").input_value() == "ada"


def told_when_a_reply_is_possible(desk: Desk) -> None:
    """In a conversation with an assistant the page says at what time another reply is possible."""
    path = desk.start_conversation()
    desk.page.evaluate(CALL, ["PATCH", f"/api/conversations/{number_of(path)}", {"has_assistant": True}])
    desk.page.reload()
    desk.wait_live()
    desk.composer.fill("Are you there?")
    desk.composer.press("Enter")
    problem = desk.page.locator("#problem [data-text]")
    expect(problem).to_have_text(
        re.compile(r"You have had as many replies as there may be within an hour. Possible again: .*\d\d:\d\d.*"),
        timeout=15_000,
    )


def told_of_a_message_too_many(desk: Desk) -> None:
    """A message too many waits in its place, says for how long, and goes by itself."""
    path = f"/api/conversations/{number_of(desk.start_conversation())}/messages"
    desk.composer.fill("And this")
    desk.page.evaluate(FILL, path)
    desk.composer.press("Enter")
    note = desk.page.locator(".message-unsent")
    expect(note).to_have_text(
        re.compile(r"You may send 8 messages a minute. Try again in \d+ seconds. It is sent by itself then.")
    )
    expect(note).to_have_count(0)
    expect(desk.messages.get_by_text("And this")).to_be_visible()


def number_of(path: str) -> str:
    """Return the id of the conversation at a path."""
    return path.strip("/").split("/")[-1]
