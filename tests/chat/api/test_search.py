"""/api/search."""

from urllib.parse import quote

from apps.chat.models import User
from apps.chat.records import ConversationRecord
from tests.chat.api.caller import Caller, wrong_fields
from tests.chat.api.test_conversations import pages
from tests.chat.people import said


def test_finds_what_the_caller_may_read_and_nothing_else(
    as_bob: Caller, as_eve: Caller, ann: User, where: ConversationRecord
) -> None:
    said(ann, where, "an <apple> a day", "a pear")
    [hit] = as_bob.get("/search?q=appl")["results"]
    assert (hit["message"]["text"], hit["conversation_title"]) == ("an <apple> a day", "Plans")
    assert hit["excerpt_html"] == "an &lt;<mark>appl</mark>e&gt; a day"
    assert as_eve.get("/search?q=appl") == {"results": [], "next": None}


def test_hits_are_paged_to_the_end_newest_first(as_ann: Caller, ann: User, where: ConversationRecord) -> None:
    sent = said(ann, where, *(f"apple {number}" for number in range(45)))
    found = [hit["message"]["id"] for hit in pages(as_ann, "/search?q=apple%20")]
    assert found == [message.id for message in reversed(sent)]
    assert as_ann.get("/search?q=apple")["next"].startswith("/api/search?q=apple&cursor=")


def test_a_query_without_a_word_is_refused_by_name(as_ann: Caller) -> None:
    for query in ("", "?!", "%00", "x" * 201, quote(" ".join("abcdefghijklmnopq"))):
        assert wrong_fields(as_ann.call("GET", f"/search?q={query}")) == ["q"]
    assert wrong_fields(as_ann.call("GET", "/search")) == ["q"]


def test_a_forged_cursor_is_refused_by_name(as_ann: Caller) -> None:
    for cursor in ("x", "MS4y", "%FF", "9" * 5000, "LTE"):
        assert wrong_fields(as_ann.call("GET", f"/search?q=a&cursor={cursor}")) == ["cursor"]


def test_operators_and_odd_letters_are_only_words(as_ann: Caller, ann: User, where: ConversationRecord) -> None:
    said(ann, where, "salt and pepper")
    for query in (
        "salt NOT pepper",
        'salt"',
        "salt*",
        "salt & !x",
        "NEAR(salt)",
        "\uffff",
        "ﷺ",
        "%",
        "'",
        "²",
        "\ufffd1",
    ):
        assert as_ann.call("GET", f"/search?q={quote(query)}").status_code in {200, 422}
