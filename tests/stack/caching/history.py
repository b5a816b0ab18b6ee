"""What readers and writers noted, and the checker: which reads were older than they may be.

It knows nothing of the cache. Versions of a row rise by each commit; who saw one proves that it was committed by then.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TypeVar

K = TypeVar("K")
FAULT_SECONDS = 5.0
NEVER = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A read of a row by a process. Times are CLOCK_MONOTONIC, which all processes of a machine share."""

    process: str
    row: int
    version: int
    start: float
    end: float
    level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A write, committed at `end` at the latest."""

    process: str
    row: int
    version: int
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time in which something was broken, until all was seen to be well again."""

    fault: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """What the bus took to carry a message."""

    sent: float
    heard: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A read that was older than it may be, and by how much."""

    read: Read
    rule: str
    seconds: float
    allowed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that happened."""

    reads: Sequence[Read]
    writes: Sequence[Write]
    pings: Sequence[Ping] = ()
    errors: Sequence[str] = ()
    losses: Sequence[Window] = ()  # of Redis, as the processes say themselves: nobody planned them


class Known:
    """From when on it is certain that a row had at least a version."""

    def __init__(self, seen: Iterable[tuple[int, float]]) -> None:
        ordered = sorted(seen)
        self._versions = [version for version, _ in ordered]
        self._since = list(accumulate((moment for _, moment in reversed(ordered)), min))[::-1]

    def newer_than(self, version: int) -> float:
        """Return since when something newer was committed, at the latest."""
        place = bisect_right(self._versions, version)
        return self._since[place] if place < len(self._since) else NEVER


def violations(history: History, windows: Sequence[Window], *, delay_seconds: float) -> list[Violation]:
    """Return the reads that break the bounds: never older in the writing process; elsewhere 0.1 s and the bus's delay,
    counted from when the writer had told it, or five seconds where something was broken at any time between the commit
    and the read.
    """
    everywhere = _known(history)
    own = {
        key: Known(pairs) for key, pairs in _grouped(((one.process, one.row), one) for one in history.writes).items()
    }
    begun = {(one.row, one.version): one.start for one in history.writes}
    told = {(one.row, one.version): one.end for one in history.writes}
    found: list[Violation] = []
    for read in history.reads:
        here = own.get((read.process, read.row))
        for rule, since, allowed in (
            ("own", here.newer_than(read.version) if here else NEVER, 0.0),
            ("others", everywhere[read.row].newer_than(read.version), None),
            ("uncommitted", read.start if read.end < begun.get((read.row, read.version), 0.0) else NEVER, 0.0),
        ):
            telling = max(0.0, told.get((read.row, read.version + 1), since) - since)
            bound = _allowed(since, read.start, windows, telling + delay_seconds) if allowed is None else allowed
            if read.start - since > bound or (rule == "uncommitted" and since != NEVER):
                found.append(Violation(read=read, rule=rule, seconds=read.start - since, allowed=bound))
    return found


def oldest(history: History) -> float:
    """Return the seconds by which the oldest of all reads was old."""
    known = _known(history)
    return max((read.start - known[read.row].newer_than(read.version) for read in history.reads), default=0.0)


def bus_delay(history: History, windows: Sequence[Window]) -> float:
    """Return the longest that the bus took while nothing was broken."""
    return max(
        (one.heard - one.sent for one in history.pings if not is_broken(one.sent, one.heard, windows)), default=0
    )


def _known(history: History) -> dict[int, Known]:
    seen = _grouped((one.row, one) for one in (*history.reads, *history.writes))
    return {row: Known(pairs) for row, pairs in seen.items()}


def _grouped(ones: Iterable[tuple[K, Read | Write]]) -> dict[K, list[tuple[int, float]]]:
    groups: dict[K, list[tuple[int, float]]] = {}
    for key, one in ones:
        groups.setdefault(key, []).append((one.version, one.end))
    return groups


def _allowed(since: float, until: float, windows: Sequence[Window], delay_seconds: float) -> float:
    if since >= until:
        return 0.0
    return FAULT_SECONDS if is_broken(since, until, windows) else 0.1 + delay_seconds


def is_broken(start: float, end: float, windows: Sequence[Window]) -> bool:
    """Return whether anything was broken at any time between the two."""
    return any(window.start <= end and start <= window.end for window in windows)


def history_of(folder: Path) -> History:
    """Return what the processes noted in the folder's files; a last line that was cut by a kill is left out."""
    reads: list[Read] = []
    writes: list[Write] = []
    pings: list[Ping] = []
    errors: list[str] = []
    losses: dict[tuple[str, float], Window] = {}  # each as it was noted last
    for file in sorted(folder.glob("*.log")):
        for line in file.read_text().splitlines(keepends=True):
            kind, *words = line.split()
            if not line.endswith("\n"):
                continue
            if kind == "E":
                errors.append(" ".join(words))
            elif kind == "P":
                pings.append(Ping(sent=float(words[0]), heard=float(words[1])))
            elif kind == "L":
                since, until = float(words[0]), float(words[1])
                losses[file.stem, since] = Window(fault=f"{file.stem} without Redis", start=since, end=until)
            else:
                row, version, start, end = int(words[0]), int(words[1]), float(words[2]), float(words[3])
                if kind == "W":
                    writes.append(Write(process=file.stem, row=row, version=version, start=start, end=end))
                else:
                    reads.append(
                        Read(process=file.stem, row=row, version=version, start=start, end=end, level=words[4])
                    )
    return History(reads=reads, writes=writes, pings=pings, errors=errors, losses=list(losses.values()))
