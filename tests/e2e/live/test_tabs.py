"""Several tabs of one browser share a socket; browsers that allow less get along with less."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsers import PROGRAMS
from tests.e2e.chat.conftest import signed_in
from tests.e2e.chat.desk import Desk
from tests.e2e.live.conftest import Pair, Table

COUNTED = """
window.sockets = 0;
window.WebSocket = class extends WebSocket { constructor(...given) { super(...given); window.sockets += 1; } };
"""
UNSHARED = f"delete window.SharedWorker; {COUNTED}"
BLOCKED = """
delete window.SharedWorker;
window.WebSocket = class { constructor() { throw new DOMException("not here", "SecurityError"); } };
"""


def tab(desk: Desk, path: str) -> Desk:
    """Open another tab of the same browser."""
    other = Desk(page=desk.page.context.new_page(), url=desk.url)
    other.open(path)
    other.wait_live()
    return other


@pytest.mark.parametrize("kind", sorted(PROGRAMS))
def test_tabs_share_one_socket_which_outlives_the_tab_that_came_first(
    desk_in: Callable[..., Desk], table: Table, pair: Pair, kind: str
) -> None:
    first = desk_in(kind, "grace", pair.two, script=COUNTED)
    first.open(table.path)
    first.wait_live()
    second, third = tab(first, table.path), tab(first, "/search/")
    table.ada.send("To every tab")
    for desk in (first, second):
        expect(desk.messages).to_have_count(1)
    expect(third.page.locator(f"#conversations a[href='{table.path}']")).to_contain_text("To every tab")
    assert [desk.page.evaluate("window.sockets") for desk in (first, second, third)] == [0, 0, 0]
    first.page.close()
    table.ada.send("To who is left")
    expect(second.messages).to_have_count(2)


def test_a_browser_without_shared_workers_has_a_socket_in_each_tab(
    desk_in: Callable[..., Desk], table: Table, pair: Pair
) -> None:
    first = desk_in("firefox", "grace", pair.two, script=UNSHARED)
    first.open(table.path)
    first.wait_live()
    table.ada.send("One more way")
    expect(first.messages).to_have_count(1)
    assert first.page.evaluate("window.sockets") == 1


def test_a_read_message_is_read_in_the_other_tab_too(desk_in: Callable[..., Desk], table: Table, pair: Pair) -> None:
    first = desk_in("chromium", "grace", pair.two)
    first.open("/search/")
    first.wait_live()
    unread = first.page.locator(f"#conversations a[href='{table.path}'] [data-unread]")
    table.ada.send("Read me")
    expect(unread).to_be_visible()
    second = tab(first, table.path)
    second.page.mouse.move(500, 300)
    expect(unread).to_be_hidden()


def test_signing_out_in_one_tab_ends_the_others(browsers: dict[str, Browser], table: Table, pair: Pair) -> None:
    context = browsers["chromium"].new_context()
    first = signed_in(context.new_page(), pair.two, "grace")
    first.open(table.path)
    first.wait_live()
    second = tab(first, "/account/")
    second.page.get_by_role("button", name="Sign out").click()
    expect(first.page.locator("#status")).to_contain_text("Signed out.")
    expect(first.page.locator("#status").get_by_role("link", name="Sign in")).to_be_visible()
    table.ada.send("Not for who is gone")
    assert first.messages.count() == 0
    context.close()


def test_without_sockets_messages_go_and_come_by_plain_requests(
    desk_in: Callable[..., Desk], table: Table, pair: Pair
) -> None:
    desk = desk_in("firefox", "grace", pair.two, script=BLOCKED)
    desk.page.clock.install()
    desk.open(table.path)
    desk.send("By a request")
    expect(table.ada.messages).to_have_count(1)
    table.ada.send("And back")
    desk.page.clock.fast_forward("00:20")
    expect(desk.messages).to_have_count(2)
    expect(desk.page.locator("#status")).to_contain_text("Not live.")
    desk.page.locator("#status").get_by_role("button", name="Try now").click()
    expect(desk.page.locator("#status")).to_contain_text("Not live.")


def test_how_long_the_next_try_is_away_is_counted_down(desk_in: Callable[..., Desk], table: Table, pair: Pair) -> None:
    desk = desk_in("chromium", "grace", pair.two, script=BLOCKED + "Math.random = () => 0.9;")
    desk.open(table.path)
    waiting = desk.page.locator("#status [data-wait]")
    expect(waiting).to_have_text("Next try in 7 s.")
    expect(waiting).to_have_text("Next try in 5 s.")
    assert desk.page.locator("#presence").is_hidden()
