"""How much of a conversation goes along."""

from hypothesis import given
from hypothesis import strategies as st

from apps.chat.assistant.context import LEAST_TOKENS, MARK, Said, tokens_of, window
from apps.chat.assistant.upstream import Line

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=400)
said = st.builds(Said, st.sampled_from(["user", "assistant"]), st.sampled_from(["ann", "bob"]), texts)


@given(latest_first=st.lists(said, min_size=1, max_size=30), prompt=texts | st.just(""), budget=st.integers(256, 3000))
def test_window_is_the_latest_without_a_gap_within_the_budget(
    latest_first: list[Said], prompt: str, budget: int
) -> None:
    lines = window(latest_first, system_prompt=prompt, budget=budget)
    messages = lines[1:] if prompt else lines
    assert lines[: len(lines) - len(messages)] == ((Line("system", prompt),) if prompt else ())
    spent = sum(tokens_of(line.content) for line in lines)
    assert spent <= max(budget, (tokens_of(prompt) if prompt else 0) + LEAST_TOKENS)
    kept = latest_first[: len(messages)][::-1]
    assert len(messages) >= 1
    for line, one in zip(messages, kept, strict=True):
        is_whole = line.content in {one.text, f"{one.name}: {one.text}"}
        assert line.role == one.role
        assert is_whole or (MARK in line.content and one.text.endswith(line.content.split(MARK, 1)[1]))


@given(latest_first=st.lists(said, min_size=2, max_size=10))
def test_message_that_fits_is_not_left_out(latest_first: list[Said]) -> None:
    lines = window(latest_first, system_prompt="", budget=1_000_000)
    assert len(lines) == len(latest_first)


def test_no_more_is_read_than_fits() -> None:
    read = []

    def history() -> "object":
        for number in range(1000):
            read.append(number)
            yield Said("user", "ann", "word " * 60)

    lines = window(history(), system_prompt="", budget=1000)
    assert len(lines) <= len(read) <= len(lines) + 1 < 15


def test_names_are_told_only_where_several_people_speak() -> None:
    alone = [Said("assistant", "Assistant", "Hi"), Said("user", "ann", "Hello")]
    assert [line.content for line in window(alone, system_prompt="", budget=500)] == ["Hello", "Hi"]
    several = [Said("user", "bob", "Me too"), *alone]
    contents = [line.content for line in window(several, system_prompt="Be kind", budget=500)]
    assert contents == ["Be kind", "ann: Hello", "Hi", "bob: Me too"]


def test_latest_message_that_does_not_fit_keeps_its_end() -> None:
    (line,) = window([Said("user", "ann", f"{'x' * 5000} the question?")], system_prompt="", budget=256)
    assert line.content.startswith(MARK)
    assert line.content.endswith("the question?")
    assert tokens_of(line.content) <= 256
