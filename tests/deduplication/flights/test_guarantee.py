"""A store that goes away and comes back: what callers see, what is said, what is caught up on."""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from apps.backplane.current import stop_bus
from apps.deduplication.audit.ring import Ring
from apps.deduplication.exceptions import FlightError
from apps.deduplication.flights import current, errors
from apps.deduplication.flights import deck as deck_module
from apps.deduplication.flights.callers import LoopCaller, settle
from apps.deduplication.flights.decisions import Led
from apps.deduplication.flights.deck import Deck
from apps.deduplication.flights.guarantee import Guarantee
from apps.deduplication.flights.guarded import FORGOTTEN_MAX, GuardedStore
from apps.deduplication.flights.memory import MemoryStore
from apps.deduplication.flights.outcome import Kind, Outcome
from apps.deduplication.flights.policy import FlightPolicy
from apps.deduplication.flights.scope import Scope, scopes
from apps.deduplication.flights.store import Place
from apps.deduplication.flights.table import Table
from apps.deduplication.signals import guarantee_lost, guarantee_restored
from apps.tuning.exceptions import PolicyError
from tests.deduplication.flights.crew import Crew, joined
from tests.servers.deadline import eventually

PLACE = Place(scope="test", digest="d", lease_seconds=60.0)
VALUE = Outcome(Kind.VALUE, b"value")


class Flaky(MemoryStore):
    """A store far away, which fails while `error` is set; `asked` counts every try."""

    is_remote = True

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self.error: Exception | None = None
        self.asked = 0

    def __getattribute__(self, name: str) -> Any:
        if name in {"claim", "renew", "publish", "release", "forget", "append", "read", "probe"}:
            self.asked += 1
            if self.error is not None:
                raise self.error
        return super().__getattribute__(name)


class World:
    """A guarded store on a virtual clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.flaky = Flaky(lambda: self.now)
        self.guarantee = Guarantee(clock=lambda: self.now)
        self.store = GuardedStore(self.flaky, self.guarantee, clock=lambda: self.now)

    def fail(self, error: Exception | None = None) -> None:
        self.flaky.error = error or RedisConnectionError("gone")

    def heal(self) -> None:
        self.flaky.error = None
        self.now += 10
        self.store.mend()


@pytest.fixture
def world() -> World:
    """A store that works for now."""
    return World()


def test_a_store_that_answers_is_asked(world: World) -> None:
    assert world.store.claim(PLACE, token="a", seen="") == Led()
    assert world.store.renew(PLACE, "a")
    assert world.store.append(PLACE, "a", 0, [b"p"])
    assert world.store.read(PLACE, "a", 0) == [b"p"]
    assert not world.store.publish(PLACE, "b", VALUE)
    assert world.store.forget(PLACE)
    world.store.release(PLACE, "a")
    world.store.probe()
    assert world.store.is_remote
    assert not world.guarantee.is_lost


def test_of_a_store_that_is_gone_nobody_asks_twice_and_everybody_leads(world: World) -> None:
    world.fail()
    assert world.store.claim(PLACE, token="a", seen="") == Led()
    asked = world.flaky.asked
    assert world.store.claim(PLACE, token="b", seen="") == Led()
    assert world.store.renew(PLACE, "a")
    assert world.store.publish(PLACE, "a", VALUE)
    assert not world.store.append(PLACE, "a", 0, [b"p"])
    assert world.store.read(PLACE, "a", 0) == []
    assert not world.store.forget(PLACE)
    world.store.release(PLACE, "a")
    assert not world.store.is_remote
    assert world.flaky.asked == asked


def test_the_loss_and_the_return_are_said_once_each(world: World, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[Any] = []

    def lost(reason: str, **_: Any) -> None:
        heard.append(reason)

    def restored(lost_seconds: float, **_: Any) -> None:
        heard.append(lost_seconds)

    guarantee_lost.connect(lost)
    guarantee_restored.connect(restored)
    caplog.set_level(logging.WARNING)
    world.fail(ValueError("odd"))
    for token in "ab":
        world.store.claim(PLACE, token=token, seen="")
    world.guarantee.lose("again")
    assert world.guarantee.reason == "ValueError: odd"
    world.heal()
    world.guarantee.restore()
    assert heard == ["ValueError: odd", 10.0]
    assert caplog.text.count("once per process") == 1
    assert caplog.text.count("store again") == 1
    guarantee_lost.disconnect(lost)
    guarantee_restored.disconnect(restored)


def test_a_store_that_is_gone_is_tried_again_less_and_less_often(world: World) -> None:
    world.fail()
    world.store.claim(PLACE, token="a", seen="")
    asked = world.flaky.asked
    for _ in range(1000):
        world.now += 0.01
        world.store.mend()
    assert 3 < world.flaky.asked - asked < 200
    assert world.guarantee.is_lost


def test_what_was_forgotten_meanwhile_is_forgotten_before_the_store_counts_again(world: World) -> None:
    place = Place(scope="test", digest="d", lease_seconds=60.0, window_seconds=60.0)
    world.store.claim(place, token="a", seen="")
    world.store.publish(place, "a", VALUE)
    world.fail()
    world.store.forget(place)
    world.heal()
    assert not world.guarantee.is_lost
    assert world.store.claim(place, token="b", seen="") == Led()


def test_what_is_to_be_forgotten_later_is_bounded(world: World) -> None:
    world.fail()
    for number in range(FORGOTTEN_MAX + 5):
        world.store.forget(Place(scope="test", digest=str(number), lease_seconds=1.0))
    assert len(world.store._forgotten) == FORGOTTEN_MAX


@pytest.fixture
def far(scope: Scope, make_table: Callable[..., Table]) -> tuple[Crew, Flaky, Table]:
    """Callers on a table whose store is far away, and may fail."""
    import time

    flaky, guarantee = Flaky(time.monotonic), Guarantee()
    table = Table(GuardedStore(flaky, guarantee), guarantee=guarantee, ring=Ring())
    return Crew(table, scope), flaky, table


def test_through_loss_and_return_every_caller_is_answered(far: tuple[Crew, Flaky, Table]) -> None:
    crew, flaky, table = far
    threads = [crew.thread() for _ in range(3)]
    crew.until_aboard(3)
    flaky.error = RedisConnectionError("gone")
    eventually(lambda: table.guarantee.is_lost)
    threads += [crew.thread() for _ in range(3)]
    crew.until_aboard(6)
    crew.opened.set()
    joined(threads)
    assert (crew.results, crew.most) == ([b"v1"] * 6, 1)
    assert crew.call() == b"v2"
    assert asyncio.run(crew.async_call()) == b"v3"
    flaky.error = None
    eventually(lambda: not table.guarantee.is_lost)
    assert asyncio.run(crew.async_call()) == b"v4"
    import time

    recorded = table.ring.take(ended_before_ns=time.monotonic_ns())
    assert [one.is_alone for one in recorded] == [True, True, True, False]
    table.stop()


def test_a_lease_lost_before_its_time_is_the_stores_doing_and_declared(far: tuple[Crew, Flaky, Table]) -> None:
    crew, flaky, table = far
    thread = crew.thread()
    crew.until_aboard(1)
    flaky._entries.clear()
    flaky.claim(Place(scope="test", digest=crew.digest, lease_seconds=60.0), token="thief", seen="")
    eventually(lambda: crew.scope.tally.lease_losses)
    crew.opened.set()
    joined([thread])
    assert crew.results == [b"v1"]
    (recorded,) = table.ring.running() or table.ring.take(ended_before_ns=10**20)
    assert recorded.is_alone
    table.stop()


def test_a_deck_rests_when_nothing_is_left_and_wakes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deck_module, "REST_AFTER_SECONDS", 0.0)
    ticks: list[None] = []
    deck = Deck(lambda: bool(ticks.append(None)))
    for _ in range(3):
        before = len(ticks)
        deck.wake()
        eventually(lambda: len(ticks) > before and not deck._is_awake)  # noqa: B023  (called at once)
    deck.stop()
    assert len(ticks) >= 3


def test_an_errand_that_fails_is_logged_and_the_next_is_run(caplog: pytest.LogCaptureFixture) -> None:
    done = threading.Event()
    deck = Deck(lambda: False)
    deck.put(lambda: 1 / 0)
    deck.put(done.set)
    assert done.wait(10)
    deck.stop()
    assert "An errand of the flights failed" in caplog.text


def test_codes_of_errors_stand_for_one_type_and_unreadable_ones_say_so() -> None:
    class FirstError(Exception):
        """Needs two."""

        def __init__(self, one: int, two: int) -> None:
            super().__init__(one)

    errors.shareable("tests.first", FirstError)
    with pytest.raises(ValueError, match="stands for FirstError"):
        errors.shareable("tests.first", KeyError)
    for data in (errors.described(FirstError(1, 2)), b"junk", b"[]"):
        made = errors.rebuilt(data)
        assert isinstance(made, FlightError)
        assert "cannot be read" in str(made)


@pytest.mark.parametrize(
    ("knobs", "field"),
    [({"lease_seconds": 5.0}, "lease_seconds"), ({"deadline_seconds": 1.0, "lease_seconds": 2.0}, "deadline_seconds")],
)
def test_knobs_that_contradict_each_other_are_refused(knobs: dict[str, float], field: str) -> None:
    with pytest.raises(PolicyError) as caught:
        FlightPolicy(**knobs)  # type: ignore[arg-type]
    assert caught.value.field == field


def test_the_process_has_one_table_by_its_settings(settings: Any, redis_url: str, scope: Scope) -> None:
    current.stop_table()
    settings.REDIS_URL = ""
    first = current.table()
    assert first is current.table()
    assert not first._store.is_remote
    current.stop_table()
    settings.REDIS_URL = redis_url
    assert current.table()._store.is_remote
    assert scope.run("k", lambda: b"x") == b"x"
    scope.forget("k")
    current.stop_table()
    current.stop_table()
    stop_bus()
    assert scope in scopes()


def test_callers_of_loops_that_ended_are_passed_over() -> None:
    made: list[LoopCaller] = []

    async def board() -> None:
        made.append(LoopCaller(asyncio.Event().wait))  # type: ignore[arg-type]

    thread = threading.Thread(target=lambda: asyncio.run(board()))
    thread.start()
    thread.join()
    asyncio.run(board())
    settle(made, VALUE)
    for caller in made:
        caller.cancel()
    assert not any(caller.future.done() for caller in made)
