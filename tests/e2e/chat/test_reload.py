"""A reload of the chat's page with nothing new: the browser is told so from memory."""

import pytest

from tests.e2e.chat.conftest import LONG_TITLE
from tests.e2e.chat.desk import Desk
from tests.servers.deadline import eventually

# Chromium's own figures of what came over the wire are the measure.
pytestmark = pytest.mark.parametrize("browser_name", ["chromium"], indirect=True)
HIT = "perfsite; hit; detail=L2"
# A browser shows a page that was 304 as the 200 that it kept; what came over the wire was the head alone.
RECEIVED = """() => {
  const [{ transferSize, encodedBodySize }] = performance.getEntriesByType("navigation");
  return { received: transferSize, shown: encodedBodySize };
}"""


def is_head_alone(desk: Desk) -> bool:
    """Reload; return whether the page itself was 304, from memory. Read markers move once after the first visit."""
    answer = desk.page.reload()
    assert answer is not None
    sizes = desk.page.evaluate(RECEIVED)
    is_hit = answer.all_headers().get("cache-status") == HIT
    return bool(is_hit and 0 < sizes["received"] < min(4_000, sizes["shown"]))


def test_a_reload_with_nothing_new_is_304_from_memory(desk: Desk) -> None:
    desk.open_titled(LONG_TITLE)
    desk.wait_live()
    shown = desk.messages.count()
    assert eventually(lambda: is_head_alone(desk), what="a 304 from memory")
    desk.wait_live()
    assert desk.messages.count() == shown > 0


def test_what_is_sent_after_a_reload_from_memory_is_on_the_next_page(desk: Desk) -> None:
    desk.start_conversation()
    desk.wait_live()
    eventually(lambda: is_head_alone(desk), what="a 304 from memory")
    desk.wait_live()
    desk.send("after the reload")
    assert not is_head_alone(desk)
    assert "after the reload" in desk.page.content()
