"""Deduplication as a part of the server: begins and ends with it."""

from apps.backplane.current import bus
from apps.deduplication.audit.auditor import Auditor
from apps.deduplication.flights.current import stop_table, table
from apps.deduplication.flights.radar import Radar
from apps.deduplication.http.current import generation
from apps.deduplication.signals import guarantee_restored


class Deduplication:
    """The process's flights can be seen and revoked, and their executions are audited, while it runs."""

    def __init__(self) -> None:
        self.auditor: Auditor | None = None
        self._radar: Radar | None = None

    def start(self) -> None:
        """Begin; blocks for a round trip."""
        flights = table()
        self.auditor, self._radar = Auditor(flights.ring), Radar(flights, bus())
        self._radar.start()
        self.auditor.start()
        guarantee_restored.connect(_caught_up, dispatch_uid="deduplication.service")
        generation().start()

    def stop(self) -> None:
        """Store what the auditor holds and end; blocks for three seconds at most."""
        if self._radar is not None:
            self._radar.stop()
        if self.auditor is not None:
            self.auditor.stop()
        stop_table()


def _caught_up(**_: object) -> None:
    """Tell the others what they could not hear: something was written."""
    generation().advance_soon()
