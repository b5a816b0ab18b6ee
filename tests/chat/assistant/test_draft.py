"""The text of a reply while it grows."""

from hypothesis import given
from hypothesis import strategies as st

from apps.chat.assistant import draft
from apps.chat.assistant.draft import Draft, units_of

pieces = st.lists(st.tuples(st.text(max_size=5), st.booleans()), max_size=30)


@given(pieces)
def test_every_word_is_told_once_with_the_cursor_after_it(steps: list[tuple[str, bool]]) -> None:
    grown = Draft()
    told, cursors = "", [0]
    for text, must_tell in steps:
        grown.add(text)
        if must_tell:
            news, cursor = grown.news()
            told += news
            assert cursor == cursors[-1] + units_of(news)
            cursors.append(cursor)
            assert grown.told() == (told, cursor)
    assert grown.text.startswith(told)
    assert told + grown.news()[0] == grown.text
    assert not grown.has_news


@given(st.text())
def test_cursor_counts_as_javascript_does(text: str) -> None:
    kept = text.encode("utf-16-le", "surrogatepass")
    assert units_of(text) == len(kept) // 2


def test_what_cannot_be_kept_is_left_out() -> None:
    grown = Draft()
    grown.add("a\x00b\ud800\u202ec")
    grown.add("\x00")
    assert grown.text == "abc"


def test_no_more_is_taken_than_a_message_holds() -> None:
    grown = Draft()
    grown.add("x" * (draft.LONGEST - 1))
    assert not grown.is_full
    grown.add("yz")
    assert grown.is_full
    assert grown.text.endswith("xy")
    assert len(grown.text) == draft.LONGEST
