"""What is handed to a spool is written, or counted as lost."""

from threading import Event
from typing import Any

import pytest
from django.db import connections

from apps.monitoring.spool import Spool
from tests.servers.deadline import eventually

pytestmark = pytest.mark.django_db(transaction=True)


class Page:
    """Written on, slowly or not at all."""

    def __init__(self) -> None:
        self.written: list[list[str]] = []
        self.lost = 0
        self.is_torn = False
        self.may_go_on = Event()
        self.may_go_on.set()

    def write(self, words: list[str]) -> None:
        self.may_go_on.wait(10)
        if self.is_torn:
            raise OSError("no space is left")
        self.written.append(words)

    def lose(self, number: int) -> None:
        self.lost += number


def spool_on(page: Page, **options: Any) -> Spool[str]:
    return Spool("words", page.write, page.lose, **{"waiting": 100, **options})


def test_what_waits_is_written_at_the_end() -> None:
    page = Page()
    spool = spool_on(page)
    spool.put("green")
    spool.put("tea")
    spool.start()
    spool.stop()
    assert page.written == [["green"], ["tea"]]


def test_as_many_as_may_be_are_written_at_once() -> None:
    page = Page()
    spool = spool_on(page, at_once=2)
    for word in ("green", "black", "white"):
        spool.put(word)
    spool.start()
    spool.stop()
    assert page.written == [["green", "black"], ["white"]]


def test_one_too_many_is_lost_and_counted_and_nobody_waits() -> None:
    page = Page()
    page.may_go_on.clear()
    spool = spool_on(page, waiting=2)
    spool.start()
    spool.put("taken")
    eventually(spool._queue.empty)
    for word in ("waits", "waits", "lost"):
        spool.put(word)
    assert page.lost == 1
    page.may_go_on.set()
    eventually(lambda: len(page.written) == 3)
    spool.stop()


def test_what_cannot_be_written_is_counted_said_once_and_followed_by_the_next(
    caplog: pytest.LogCaptureFixture,
) -> None:
    page = Page()
    page.is_torn = True
    spool = spool_on(page)
    for word in ("green", "black"):
        spool.write([word])
    page.is_torn = False
    spool.write(["white"])
    assert (page.lost, page.written) == (2, [["white"]])
    assert [record.message for record in caplog.records] == ["The words cannot be written"]


def test_a_spool_that_never_began_ends() -> None:
    page = Page()
    spool = spool_on(page)
    spool.stop()
    assert page.written == []
    assert connections["default"].is_usable()
