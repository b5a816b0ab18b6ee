"""The thread behind a table: goes to the store for those who may not block, and does what falls due."""

import logging
import time
from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Lock, Thread

logger = logging.getLogger(__name__)
TICK_SECONDS = 0.1
REST_AFTER_SECONDS = 2.0
Errand = Callable[[], object]


class Deck:
    """Ticks while there is something to do, which `tick` returns, and a little longer; then it sleeps.

    Longer, because waking a thread costs who wakes it, and its processor, more than a flight does.
    """

    def __init__(self, tick: Callable[[], bool]) -> None:
        self._tick = tick
        self._errands: SimpleQueue[Errand | None] = SimpleQueue()
        self._later: deque[Errand] = deque()
        self._lock = Lock()
        self._thread: Thread | None = None
        self._tick_at = self._rest_at = 0.0
        self._is_awake = self._is_woken = False

    def put(self, errand: Errand) -> None:
        """Have an errand run in the thread, one after the other; does not block."""
        self.wake()
        self._errands.put(errand)

    def put_after(self, loop: AbstractEventLoop, errand: Errand) -> None:
        """Have an errand run when the loop we are in has done what is ready: it takes no time from who is answered.

        Does not block. A loop that ends just now does not lose it: the next tick runs it.
        """
        self._later.append(errand)
        self.wake()
        loop.call_soon(self._errands.put, _nothing)

    def wake(self) -> None:
        """Have what is there now seen by a tick to come; does not block, and costs nothing while it ticks anyway."""
        self._is_woken = True
        if self._is_awake:
            return
        with self._lock:
            self._is_awake = True
            if self._thread is None:
                self._thread = Thread(target=self._run, name="flights", daemon=True)
                self._thread.start()
        self._errands.put(_nothing)

    def stop(self) -> None:
        """Run what is queued, then end; blocks for a second at most."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._errands.put(None)
            thread.join(timeout=1)
        self._is_awake = False

    def _run(self) -> None:
        while (errand := self._next()) is not None:
            self._do(errand)
            self._do_later()
        self._do_later()

    def _do_later(self) -> None:
        while self._later:
            self._do(self._later.popleft())

    def _do(self, errand: Errand) -> None:
        try:
            errand()
        except Exception:  # the thread must go on for all the other flights; logged with its trace
            logger.exception("An errand of the flights failed")

    def _next(self) -> Errand | None:
        """Return what to do: a tick that is due comes before any errand, so that renewals are never held up."""
        remaining = self._tick_at - time.monotonic()
        if self._is_awake and remaining <= 0:
            return self._tock
        try:
            return self._errands.get(timeout=remaining if self._is_awake else None)
        except Empty:
            return self._tock

    def _tock(self) -> None:
        now = time.monotonic()
        self._tick_at = now + TICK_SECONDS
        was_woken, self._is_woken = self._is_woken, False
        if self._tick() or was_woken:
            self._rest_at = now + REST_AFTER_SECONDS
        # `wake` says that it was there before it looks whether we sleep, and we sleep before we look whether it was.
        self._is_awake = now < self._rest_at
        if self._is_woken:
            self._is_awake = True


def _nothing() -> None:
    """Do nothing: something in the queue is all that is needed."""
