"""Takes what other recorders want kept by name to the database, in a thread: nobody who counts waits for it."""

from apps.monitoring.archive.groups import Group
from apps.monitoring.archive.statement import Statement
from apps.monitoring.archive.storing import store
from apps.monitoring.policy.recorders import ARCHIVE
from apps.monitoring.recorders.recorder import Recorder
from apps.monitoring.spool import Spool

Entry = Statement | Group
WAITING, BATCH = 2_000, 200


class Archive(Recorder[Entry]):
    """A recorder of recorders: what they take here is written. What the database does not take is dropped."""

    name = "archive"
    policy = ARCHIVE
    limit = WAITING

    def __init__(self) -> None:
        super().__init__()
        self._spool: Spool[Entry] = Spool(self.name, store, self.lose, waiting=WAITING, at_once=BATCH)

    def listen(self) -> None:
        """Begin; does not block."""
        self._spool.start()

    def deafen(self) -> None:
        """Write what waits and end; blocks for three seconds at most."""
        self._spool.stop()

    def keep(self, entry: Entry) -> None:
        """Queue an entry, in the keeper's thread; one too many is dropped and counted."""
        if self.rules.is_enabled:
            self._spool.put(entry)

    def write(self, entries: list[Entry]) -> None:
        """Write entries; those the database does not take are counted. Blocks."""
        self._spool.write(entries)

    def lose(self, number: int) -> None:
        """Count what could not be kept."""
        self.dropped += number
