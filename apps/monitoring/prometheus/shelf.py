"""The sheets of all processes that share a data directory, as files: whichever process is asked, it answers for all.

Each process writes its own file, and holds a lock while it runs. What those that have ended counted is added up in one
file, and theirs are removed: counters never fall.
"""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from apps.monitoring.measuring.sheet import Sheet
from apps.monitoring.prometheus import lock
from apps.monitoring.prometheus.total import Total

logger = logging.getLogger(__name__)
SHEET, LOCK, DRAFT = ".sheet", ".lock", ".draft"
ENDED = "ended"
REMEMBERED = 1_000  # files that were added lately: who began to read before that has them twice otherwise


class Ended(msgspec.Struct):
    """What processes that have ended counted, and the names of those that were added last."""

    sheet: Sheet
    names: list[str]


class Shelf:
    """The folder. `unreadable` counts files that could not be read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.unreadable = 0

    def total(self, *, besides: Sheet | None = None, name: str = "") -> Total:
        """Return the figures of all processes, with a sheet in place of the file of that name. Reads, never waits."""
        total, found = Total(), {}
        for stem in self._names():
            if stem != name and (sheet := self._read(stem)):
                found[stem] = sheet, lock.is_held(self._path(stem, LOCK))
        ended = self._ended()  # last: what was removed meanwhile is in it, and what is in it is told by name
        total.add(ended.sheet, is_running=False)
        for stem in found.keys() - set(ended.names):
            total.add(found[stem][0], is_running=found[stem][1])
        if besides:
            total.add(besides)
        return total

    def write(self, name: str, data: bytes) -> None:
        """Replace a file by new content, at once or not at all; raise OSError."""
        path = self._path(name, SHEET)
        draft = self._path(name, DRAFT)
        try:
            draft.write_bytes(data)
            draft.replace(path)
        except OSError:
            draft.unlink(missing_ok=True)
            raise

    def hold(self, name: str) -> int:
        """Return a descriptor: while it is open, the process of that name runs. Raise OSError."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        return lock.made(self._path(name, LOCK))

    def fold(self) -> None:
        """Add up what those that have ended counted, and remove their files; raise OSError. One process at a time.

        Wherever it is cut off, nothing is lost or counted twice.
        """
        with lock.tried(self.folder / "fold") as is_alone:
            if not is_alone:
                return
            ended = self._ended()
            dead = [stem for stem in self._names() if not lock.is_held(self._path(stem, LOCK))]
            if fresh := [stem for stem in dead if stem not in ended.names]:
                self.write(ENDED, msgspec.msgpack.encode(self._with(ended, fresh)))
            for stem in dead:
                self._path(stem, DRAFT).unlink(missing_ok=True)
                self._path(stem, SHEET).unlink(missing_ok=True)
            self._remove_locks()

    def _with(self, ended: Ended, stems: list[str]) -> Ended:
        total = Total()
        total.add(ended.sheet, is_running=False)
        for stem in stems:
            if sheet := self._read(stem):
                total.add(sheet, is_running=False)
        names = [*ended.names, *stems][-REMEMBERED:]
        return Ended(sheet=total.sheet(worker=ENDED, at=time.time()), names=names)

    def _remove_locks(self) -> None:
        for path in self.folder.glob(f"*{LOCK}"):
            if not path.with_suffix(SHEET).exists() and not lock.is_held(path):
                path.unlink(missing_ok=True)

    def _names(self) -> Iterator[str]:
        return (path.stem for path in self.folder.glob(f"*{SHEET}") if path.stem != ENDED)

    def _path(self, name: str, suffix: str) -> Path:
        return self.folder / f"{name}{suffix}"

    def _read(self, name: str) -> Sheet | None:
        try:
            return Sheet.unpacked(self._path(name, SHEET).read_bytes())
        except FileNotFoundError:  # another has added and removed it
            return None
        except (OSError, msgspec.MsgspecError) as error:
            self._miss(name, error)
            return None

    def _ended(self) -> Ended:
        try:
            return _decode(self._path(ENDED, SHEET).read_bytes())
        except FileNotFoundError:
            pass
        except (OSError, msgspec.MsgspecError) as error:
            self._miss(ENDED, error)
        return Ended(sheet=Sheet(worker=ENDED, started=0.0, at=0.0, lines=[]), names=[])

    def _miss(self, name: str, error: Exception) -> None:
        self.unreadable += 1
        logger.warning("The figures of %s cannot be read: %s", name, error)


_decode = msgspec.msgpack.Decoder(Ended).decode
