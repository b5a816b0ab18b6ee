"""What loaders may answer with, and what readers are told."""

from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")


class Loaded(msgspec.Struct, Generic[T], frozen=True):
    """A value with a life of its own: `Loaded(value, seconds=30)`."""

    value: T
    seconds: float


class DoNotStore(msgspec.Struct, Generic[T], frozen=True):
    """A value for this reader only: nothing is kept, and nobody else is given it."""

    value: T


class Unchanged:
    """The old value, which the loader was handed, is still right."""


UNCHANGED = Unchanged()


class Outcome(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """A value and where it came from: `L1`, `L2`, `L3`, or `load`. `age` is in seconds.

    `is_stale`: its life is over, but a load failed or took too long; nobody has invalidated it.
    """

    value: T
    level: str
    age: float = 0.0
    is_stale: bool = False
    cause: str = ""  # why it was loaded: one of statistics.MISSES


class Old(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """The value that a load is to replace, if it was not invalidated: for loaders that can ask whether it changed."""

    value: T
    age: float


def plain(answer: Any) -> tuple[Any, float, bool]:
    """Return a loader's answer as value, life of its own or 0, and whether it may be kept."""
    if isinstance(answer, Loaded):
        return answer.value, answer.seconds, True
    if isinstance(answer, DoNotStore):
        return answer.value, 0.0, False
    return answer, 0.0, True
