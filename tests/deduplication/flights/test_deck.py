"""Errands that may wait until the callers are answered."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from apps.deduplication.flights.deck import Deck
from tests.servers.deadline import eventually


@pytest.fixture
def deck() -> Iterator[Deck]:
    """A deck that always has more to do."""
    made = Deck(lambda: True)
    yield made
    made.stop()


def test_an_errand_comes_after_what_the_loop_has_ready(deck: Deck) -> None:
    order: list[str] = []
    awake, answered = threading.Event(), threading.Event()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        deck.put(awake.set)
        assert await asyncio.to_thread(awake.wait, 20)
        loop.call_soon(order.append, "caller")
        deck.put_after(loop, lambda: (order.append("errand"), answered.set()))
        assert await asyncio.to_thread(answered.wait, 20)

    asyncio.run(main())
    assert order == ["caller", "errand"]


def test_a_loop_that_never_goes_on_does_not_lose_an_errand(deck: Deck) -> None:
    loop, ran = asyncio.new_event_loop(), threading.Event()
    deck.put_after(loop, ran.set)
    assert ran.wait(20)
    loop.close()


def test_an_errand_that_fails_is_logged_and_the_others_go_on(deck: Deck, caplog: pytest.LogCaptureFixture) -> None:
    ran = threading.Event()
    deck.put(lambda: 1 / 0)
    deck.put(ran.set)
    assert ran.wait(20)
    assert eventually(lambda: caplog.messages) == ["An errand of the flights failed"]


def test_what_is_put_for_later_is_done_before_the_deck_ends(deck: Deck) -> None:
    loop, ran = asyncio.new_event_loop(), threading.Event()
    deck.put_after(loop, ran.set)
    deck.stop()
    loop.close()
    assert ran.is_set()


def test_who_wakes_it_during_a_tick_is_seen_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.deduplication.flights.deck.REST_AFTER_SECONDS", 0.0)
    ticks: list[None] = []

    def tick() -> bool:
        ticks.append(None)
        if len(ticks) == 1:
            deck.wake()
        return False

    deck = Deck(tick)
    deck.wake()
    eventually(lambda: len(ticks) > 1, what="another tick")
    deck.stop()
    assert len(ticks) > 1
