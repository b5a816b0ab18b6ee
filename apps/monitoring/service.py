"""Monitoring as a part of the server: begins and ends with it."""

from apps.monitoring.current import begun, ended
from apps.monitoring.events.writer import EventWriter
from apps.monitoring.keeper import Keeper
from apps.monitoring.live.telling import Teller
from apps.monitoring.prometheus import current
from apps.monitoring.prometheus.place import Place
from apps.monitoring.recorders import Recorders
from apps.monitoring.requests import RequestObserver
from apps.monitoring.snapshots.writer import SnapshotWriter
from apps.monitoring.tracing.tracing import Tracing
from apps.monitoring.worker import Worker


class Monitoring:
    """The recorders of this process, who counts for them, and who keeps the figures."""

    def __init__(self, kind: str) -> None:
        self.recorders = Recorders()
        worker = Worker.here(kind)
        self.tracing = Tracing(worker.name)
        self.observer = RequestObserver(self.recorders.requests, self.tracing.requests)
        self.keeper = Keeper(worker, (*self.recorders.all, self.tracing.recorder))
        self._writer = SnapshotWriter(worker, self.keeper.drop)
        self.keeper.hand_to(self._writer.take)
        self._place = Place(current.shelf(), worker, self.keeper.drop)
        self.keeper.hand_to(self._place.take)
        self._events = EventWriter(self.keeper.drop)
        self._teller = Teller(self.keeper.drop)
        self.keeper.hand_to(self._teller.take)

    def start(self) -> None:
        """Begin. Does not block."""
        begun(self.recorders)
        current.occupy(self._place)
        self._writer.start()
        self.tracing.start()
        self._events.start()
        self._teller.start()
        self.keeper.start()

    def stop(self) -> None:
        """Count and write what is left; blocks for some seconds at most."""
        self._teller.stop()
        self._events.stop()
        self.tracing.stop()
        self.keeper.stop()
        current.leave(self._place)
        self._writer.stop()
        ended(self.recorders)
