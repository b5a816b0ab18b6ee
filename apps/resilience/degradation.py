"""What was answered less well than it should be, so that the edge can say so."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_collected: ContextVar[list[str] | None] = ContextVar("degradations", default=None)


@contextmanager
def collecting() -> Iterator[list[str]]:
    """Yield the list that the names of what degrades inside are added to."""
    names: list[str] = []
    token = _collected.set(names)
    try:
        yield names
    finally:
        _collected.reset(token)


def note(name: str) -> None:
    """Say that the answer is less than it would be with the dependency; nobody need listen."""
    names = _collected.get()
    if names is not None and name not in names:
        names.append(name)
