"""What three levels would answer: the recordings of all processes, played against a miniature of the levels.

Source: Waldspurger, Saemundsson, Ahmad, Park, "Cache Modeling and Optimization using Miniature Simulations", ATC 2017.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from apps.caching.prediction.curve import Curve
from apps.caching.prediction.exceptions import SnapshotError
from apps.caching.prediction.recording import EVENT, FORMAT, HEAD, KEY_BITS, PART_BITS, VOID
from apps.caching.prediction.stack import L2, L3, LOADED, Event, Stack, Ttls


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Which share of all reads each level would answer, and which would be loaded; together 1."""

    l1: float
    l2: float
    l3: float
    loaded: float


def what_if(recordings: Iterable[bytes], ttls: Ttls, curve: Curve) -> Shares | None:
    """Return what the levels would answer, had they had these TTLs; None where nothing was recorded.

    The share of L1 is the curve's, which knows it better than a few keys can tell; the recordings say who answers the
    rest. Raises `SnapshotError` where a recording is of another form. Takes some 10 µs per event.
    """
    answers = played(list(recordings), ttls)
    if not answers.total():
        return None
    missed = answers[L2] + answers[L3] + answers[LOADED]
    rest = 1 - curve.at(ttls.l1_seconds).hit_rate
    l2, l3 = (rest * answers[level] / max(1, missed) for level in (L2, L3))
    return Shares(l1=1 - rest, l2=l2, l3=l3, loaded=rest - l2 - l3)


def played(recordings: Sequence[bytes], ttls: Ttls) -> Counter[int]:
    """Return how many of the recorded reads each level answers."""
    stack, answers = Stack(ttls), Counter[int]()
    for event in sorted(_events(recordings), key=attrgetter("moment_ms")):
        if event.kind == VOID:
            stack.void(event.key)
            continue
        answers[stack.read(event)] += 1
    return answers


def _events(recordings: Sequence[bytes]) -> Iterator[Event]:
    heads = [_head(recording) for recording in recordings]
    parts = min((parts for _, parts in heads), default=0)
    for process, ((since_ms, _), recording) in enumerate(zip(heads, recordings, strict=True)):
        for moment, key, *rest in EVENT.iter_unpack(recording[HEAD.size :]):
            if key >> (KEY_BITS - PART_BITS) < parts:  # keys that every process still records
                yield Event(since_ms + moment, process, key, *rest)


def _head(recording: bytes) -> tuple[int, int]:
    if recording[: len(FORMAT)] != FORMAT or (len(recording) - HEAD.size) % EVENT.size:
        raise SnapshotError("recording: not of this version.")
    _, since_ms, parts = HEAD.unpack_from(recording)
    return since_ms, parts
