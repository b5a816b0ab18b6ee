"""Names of what has been written: equal only where both know of the same last write."""

from collections.abc import Callable
from itertools import count

import pytest
import redis

from apps.backplane.bus import Loss
from apps.backplane.current import new_bus
from apps.backplane.envelope import Envelope
from apps.deduplication.flights.guarantee import Guarantee
from apps.deduplication.http.current import KEY, numbered
from apps.deduplication.http.generation import Generation
from tests.servers.deadline import eventually
from tests.servers.process import free_port


class Gone:
    """Numbers that cannot be had for a while."""

    def __init__(self) -> None:
        self.numbers, self.is_gone = count(1), False

    def __call__(self, _: int) -> int:
        if self.is_gone:
            raise ConnectionError("gone")
        return next(self.numbers)


class Flights:
    """A table as far as numbers need it: what it promises, and errands that run at once."""

    def __init__(self) -> None:
        self.guarantee = Guarantee()

    def put(self, errand: Callable[[], object]) -> None:
        errand()


def alone(numbers: Callable[[int], int]) -> Generation:
    return Generation(numbers, None, lambda errand: errand())


def test_each_write_has_a_name_of_its_own() -> None:
    made = alone(Gone())
    names = [made.name]
    for _ in range(3):
        made.advance()
        names.append(made.name)
    assert names == ["0", "1", "2", "3"]


def test_while_a_number_is_asked_for_the_name_is_nobody_elses() -> None:
    seen: list[str] = []
    made = alone(lambda _: len(seen) + 1)
    made._ask = lambda _: seen.append(made.name) or 1
    made.advance()
    assert seen[0].startswith("0.")
    assert made.name == "1"


def test_without_a_number_each_write_has_a_name_of_this_process_until_there_is_one() -> None:
    numbers = Gone()
    first, second = alone(numbers), alone(numbers)
    numbers.is_gone = True
    first.advance()
    second.advance()
    assert first.name != second.name
    first._heard(Envelope("", "", 0, 1, 5))
    assert first.name.startswith("0.")
    numbers.is_gone = False
    first.advance()
    assert first.name == "5"


def test_a_loss_on_the_bus_makes_all_begin_anew() -> None:
    made = alone(Gone())
    made.advance()
    made._lost(Loss(reason="test"))
    assert made.name == "2"


def test_processes_agree_on_the_last_write_and_numbers_grow_though_redis_forgets(redis_url: str) -> None:
    buses = [new_bus(redis_url) for _ in range(2)]
    for one in buses:
        one.start()
    first, second = (Generation(numbered(redis_url), one, lambda errand: errand()) for one in buses)
    try:
        first.start()
        second.start()
        eventually(lambda: first.name == second.name, what="one name")
        second.advance()
        before = int(second.name)
        eventually(lambda: first.name == second.name, what="one name")
        with redis.Redis.from_url(redis_url) as client:
            client.delete(KEY)
        first.advance()
        assert int(first.name) > before
        eventually(lambda: first.name == second.name, what="one name")
    finally:
        for one in buses:
            one.stop()


def test_a_redis_that_is_gone_is_asked_once_and_flights_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    flights = Flights()
    monkeypatch.setattr("apps.deduplication.http.current.table", lambda: flights)
    numbers = numbered(f"redis://127.0.0.1:{free_port()}/0")
    with pytest.raises(redis.ConnectionError, match="refused"):
        numbers(0)
    assert flights.guarantee.is_lost
    flights.guarantee.reason = "known"
    with pytest.raises(ConnectionError, match="known"):
        numbers(0)
