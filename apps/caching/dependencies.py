"""What a value that is being made has read through the cache itself.

Such a part may be older than the stamps under which the whole is kept: then the whole would be taken for current when
the part is long known to be old. So each part's stamps are noted, and compared before the whole is kept.
"""

import threading
from collections.abc import Mapping, Sequence

Stamps = tuple[bytes, ...]
EPOCH = ""


class _Thread(threading.local):
    """What this thread has read since somebody began to listen; None while nobody does."""

    parts: list[tuple[tuple[str, ...], Stamps | None, str]] | None = None


heard = _Thread()


def begin() -> None:
    """Note from now on what this thread reads."""
    heard.parts = []


def end() -> None:
    """Note no more."""
    heard.parts = None


def note(tags: tuple[str, ...], stamps: Stamps | None, source: str) -> None:
    """Note a part: its tags and the stamps it was read under; None for one that nobody can vouch for.

    `source` is the level it came from, or why it had to be loaded.
    """
    if heard.parts is not None:
        heard.parts.append((tags, stamps, source))


def source_of(tags: tuple[str, ...]) -> str:
    """Return where the part with these tags came from; empty where none was read."""
    return next((source for names, _, source in reversed(heard.parts or ()) if names == tags), "")


def agree(tags: tuple[str, ...], stamps: Stamps) -> bool:
    """Return whether every part noted was read under these stamps, and all of its tags are among these."""
    known = named(tags, stamps)
    return all(part is not None and _is_in(known, named(names, part)) for names, part, _ in heard.parts or ())


def named(tags: Sequence[str], stamps: Stamps) -> dict[str, bytes]:
    """Return stamps by tag; a store's epoch, which comes last, by the empty one."""
    return dict(zip((*tags, EPOCH), stamps, strict=False))


def _is_in(known: Mapping[str, bytes], part: Mapping[str, bytes]) -> bool:
    return all(known.get(name) == stamp for name, stamp in part.items())
