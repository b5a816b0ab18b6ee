"""A thread that writes to the database what others hand it: bounded, and waited for by nobody."""

import logging
from collections.abc import Callable
from queue import Empty, Full, Queue
from threading import Thread
from typing import Generic, TypeVar

from django.db import connection

logger = logging.getLogger(__name__)
Item = TypeVar("Item")
STOP_SECONDS = 3.0


class Spool(Generic[Item]):
    """`write` is given what waits, so many at once, and may raise; `lose` is told how many could not be kept.

    The first of a series of failures is logged; a connection that failed is not used again.
    """

    def __init__(
        self,
        name: str,
        write: Callable[[list[Item]], None],
        lose: Callable[[int], None],
        *,
        waiting: int,
        at_once: int = 1,
    ) -> None:
        self._name, self._write, self._lose, self._at_once = name, write, lose, at_once
        self._queue: Queue[Item | None] = Queue(waiting)
        self._is_failing = False
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; does not block."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits and end; blocks for three seconds at most."""
        try:
            self._queue.put_nowait(None)
        except Full:  # the database answers nothing: what waits is lost with the process
            return
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def put(self, item: Item) -> None:
        """Hand something over, from any thread. Does not block: one too many is lost."""
        try:
            self._queue.put_nowait(item)
        except Full:
            self._lose(1)

    def write(self, items: list[Item]) -> None:
        """Write now, in this thread; what cannot be written is lost."""
        try:
            self._write(items)
            self._is_failing = False
        except Exception:  # what cannot be written is counted, and the next may be
            if not self._is_failing:
                logger.exception("The %s cannot be written", self._name)
            self._is_failing = True
            self._lose(len(items))
        finally:
            connection.close()

    def _run(self) -> None:
        is_last = False
        while not is_last:
            items, is_last = self._taken()
            if items:
                self.write(items)

    def _taken(self) -> tuple[list[Item], bool]:
        """Return what waits, as many as are written at once, and whether that is all there will be. Waits for one."""
        items: list[Item] = []
        item = self._queue.get()
        while item is not None:
            items.append(item)
            if len(items) >= self._at_once:
                return items, False
            try:
                item = self._queue.get_nowait()
            except Empty:
                return items, False
        return items, True
