"""What waits to be stored and sent: bounded, in order, and its end."""

import threading
from typing import Any

from apps.monitoring.tracing.backlog import Backlog


class Of:
    """Stands for a kept trace: all a backlog knows of it is its size."""

    def __init__(self, size: int) -> None:
        self.size = size


def filled(limit: int, *sizes: int) -> tuple[Backlog, list[Any]]:
    backlog, made = Backlog(limit), [Of(size) for size in sizes]
    for one in made:
        backlog.put(one)  # type: ignore[arg-type]
    return backlog, made


def test_what_has_no_room_is_dropped_with_all_its_spans_and_counted() -> None:
    backlog, made = filled(10, 4, 4, 4, 2)
    assert backlog.take(0, 100) == [made[0], made[1], made[3]]
    assert backlog.dropped == 4


def test_room_comes_back_with_what_is_taken() -> None:
    backlog, made = filled(10, 10)
    backlog.take(0, 100)
    backlog.put(made[0])
    assert (backlog.take(0, 100), backlog.dropped) == (made, 0)


def test_a_batch_has_so_many_spans_and_one_trace_at_least() -> None:
    backlog, made = filled(100, 50, 3, 3)
    assert [backlog.take(0, 5), backlog.take(0, 5), backlog.take(0, 5)] == [made[:1], made[1:2], made[2:]]


def test_at_the_end_what_waits_is_given_out_and_nothing_more_taken() -> None:
    backlog, made = filled(100, 1)
    backlog.close()
    backlog.put(made[0])
    assert (backlog.take(60, 5), backlog.take(60, 5), backlog.dropped) == (made, None, 1)


def test_the_end_wakes_who_waits() -> None:
    backlog, taken = Backlog(), []
    thread = threading.Thread(target=lambda: taken.append(backlog.take(60, 5)))
    thread.start()
    backlog.close()
    thread.join(20)
    assert taken == [None]


def test_what_is_lost_on_the_way_is_counted() -> None:
    backlog, _ = filled(100, 7)
    backlog.lose(7)
    assert backlog.dropped == 7
