"""The frame around an entry in a shared store: signed or encrypted, bound to its key, namespace and version.

The reader chooses which of the two it takes, by the namespace's policy; a stored value only says by which key.
"""

from apps.backplane.seal import SealError, seal
from apps.caching.exceptions import EntryError

PURPOSE = "cache"


def wrapped(data: bytes, place: str, *, is_sensitive: bool) -> bytes:
    """Return the frame for a shared store."""
    return seal().seal(data, PURPOSE, place) if is_sensitive else seal().sign(data, PURPOSE, place)


def unwrapped(frame: bytes, place: str, *, is_sensitive: bool) -> bytes:
    """Return what is in the frame; raise EntryError for anything but the kind that is asked for."""
    try:
        return seal().open(frame, PURPOSE, place) if is_sensitive else seal().signed(frame, PURPOSE, place)
    except SealError as error:
        raise EntryError(str(error)) from None
