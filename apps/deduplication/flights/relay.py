"""Pieces of streams between a log and the store: our own are carried there, others' are fetched."""

from collections.abc import Callable
from functools import partial

from apps.deduplication.flights.aloft import Aloft
from apps.deduplication.flights.log import Log
from apps.deduplication.flights.store import Store

RunErrand = Callable[[Callable[[], None]], None]


class Relay:
    """Of one table; `run_errand` has a call made where a round trip holds nobody up."""

    def __init__(self, store: Store, run_errand: RunErrand) -> None:
        self._store, self._run_errand = store, run_errand

    def fetch(self, aloft: Aloft) -> None:
        """Bring the log of a stream that another process leads in step with the store. Blocks for a round trip."""
        token, log = aloft.flight.seen, aloft.log
        if log is None or aloft.flight.pilot is not None:
            return
        start = len(log) if log.round == token else 0
        log.extend(token, start, self._store.read(aloft.place, token, start))

    def carry(self, aloft: Aloft, log: Log) -> None:
        """Have new pieces of our own carried to the store; does not block where that is far."""
        if log.begin_sending():
            self._run_errand(partial(self._send, aloft, log))

    def _send(self, aloft: Aloft, log: Log) -> None:
        """Send until nothing is left; pieces that the store refuses are our own process's alone."""
        is_taken = True
        while True:
            start, pieces = log.unsent()
            if not pieces:
                return
            is_taken = is_taken and self._store.append(aloft.place, log.round, start, pieces)
