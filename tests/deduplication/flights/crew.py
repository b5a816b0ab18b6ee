"""Callers for tests: threads and coroutines that run shared work whose beginning and end the test holds."""

import asyncio
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from apps.deduplication.flights.policy import FlightPolicy
from apps.deduplication.flights.run import run, run_async
from apps.deduplication.flights.scope import Scope
from apps.deduplication.flights.table import Table
from tests.servers.deadline import eventually

if TYPE_CHECKING:
    from collections.abc import Callable


class Crew:
    """Calls with one key; `opened` lets the work end. `runs` counts its executions, `most` how many at once."""

    def __init__(self, table: Table, scope: Scope, *, key: str = "k", **knobs: Any) -> None:
        self.table, self.scope, self.digest = table, scope, scope.digest(key)
        self.policy = replace(FlightPolicy(), **knobs)
        self.opened, self.lock = threading.Event(), threading.Lock()
        self.runs = self.current = self.most = 0
        self.results: list[Any] = []
        self.make: Callable[[int], bytes] = lambda number: b"v%d" % number

    def begin(self) -> int:
        with self.lock:
            self.runs += 1
            self.current += 1
            self.most = max(self.most, self.current)
            return self.runs

    def end(self) -> None:
        with self.lock:
            self.current -= 1

    def work(self) -> bytes:
        number = self.begin()
        try:
            assert self.opened.wait(20)
            return self.make(number)
        finally:
            self.end()

    async def async_work(self) -> bytes:
        number = self.begin()
        try:
            while not self.opened.is_set():  # noqa: ASYNC110  (opened by a thread)
                await asyncio.sleep(0.002)
            return self.make(number)
        finally:
            self.end()

    def call(self) -> bytes:
        return run(self.table, self.scope, self.digest, self.work, policy=self.policy)

    async def async_call(self) -> bytes:
        return await run_async(self.table, self.scope, self.digest, self.async_work, policy=self.policy)

    def thread(self) -> threading.Thread:
        """Call in a thread; what comes of it goes to `results`."""

        def go() -> None:
            try:
                self.results.append(self.call())
            except BaseException as error:  # noqa: BLE001  (shown to the test)
                self.results.append(error)

        thread = threading.Thread(target=go, daemon=True)
        thread.start()
        return thread

    def waiting(self) -> int:
        """How many are on the flight."""
        return sum(len(aloft.flight.callers) for aloft in self.table.aloft() if aloft.place.digest == self.digest)

    def until_aboard(self, count: int) -> None:
        eventually(lambda: self.waiting() == count and self.runs, what=f"{count} aboard")

    async def until_aboard_async(self, count: int) -> None:
        async with asyncio.timeout(20):
            while not (self.waiting() == count and self.runs):  # noqa: ASYNC110  (a condition of other threads)
                await asyncio.sleep(0.002)


def joined(threads: list[threading.Thread]) -> None:
    """Wait for threads to end."""
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
