"""A reload of the chat's page with nothing new: the browser is told so from memory."""

from playwright.sync_api import Response

from tests.e2e.chat.conftest import LONG_TITLE
from tests.e2e.chat.desk import Desk
from tests.servers.deadline import eventually

HIT = "perfsite; hit; detail=L2"


def reloaded(desk: Desk) -> Response:
    """Reload the page and return the answer for the page itself."""
    answer = desk.page.reload()
    assert answer is not None
    return answer


def test_a_reload_with_nothing_new_is_304_from_memory(desk: Desk) -> None:
    desk.open_titled(LONG_TITLE)
    desk.wait_live()
    answer = eventually(lambda: is_unchanged(reloaded(desk)), what="a 304 from memory")
    shown = desk.messages.count()
    desk.wait_live()
    assert answer["cache-status"] == HIT
    assert shown == desk.messages.count() > 0


def is_unchanged(answer: Response) -> dict[str, str]:
    """Return the headers of a 304, else nothing: read markers move once after the first visit."""
    return answer.all_headers() if answer.status == 304 else {}


def test_what_is_sent_after_a_reload_from_memory_is_on_the_next_page(desk: Desk) -> None:
    desk.start_conversation()
    desk.wait_live()
    eventually(lambda: is_unchanged(reloaded(desk)), what="a 304 from memory")
    desk.wait_live()
    desk.send("after the reload")
    answer = eventually(lambda: not is_unchanged(reloaded(desk)), what="a page with what was sent")
    assert answer
    assert "after the reload" in desk.page.content()
