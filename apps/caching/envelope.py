"""The frame around an entry in a shared store: authenticated or encrypted, bound to its key, namespace and version.

The reader chooses which of the two it takes, by the namespace's policy; a stored value only says by which key.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from hmac import compare_digest

from django.conf import settings

from apps.backplane.seal import SealError, seal
from apps.caching.exceptions import EntryError

FORMAT = b"\x01"
ID_BYTES, MAC_BYTES = 4, 16
HEAD_BYTES = len(FORMAT) + ID_BYTES + MAC_BYTES
PURPOSE = b"perfsite cache m"


class Authenticator:
    """Keyed BLAKE2b with the newest key, checked with any of them: keys are rotated without a flush."""

    def __init__(self, secrets: Sequence[str]) -> None:
        keys = [blake2b(secret.encode(), digest_size=32, person=PURPOSE).digest() for secret in secrets]
        self._keys = {blake2b(key, digest_size=ID_BYTES).digest(): key for key in keys}
        self._newest = next(iter(self._keys))

    def wrap(self, data: bytes, place: str) -> bytes:
        """Return the data with proof that it is ours and belongs to the place."""
        return FORMAT + self._newest + _mac(self._keys[self._newest], data, place) + data

    def unwrap(self, frame: bytes, place: str) -> bytes:
        """Return the data; raise EntryError."""
        key = self._keys.get(frame[1:5])
        data = frame[HEAD_BYTES:]
        if frame[:1] != FORMAT or key is None:
            raise EntryError("It is no entry of ours.")
        if not compare_digest(frame[5:HEAD_BYTES], _mac(key, data, place)):
            raise EntryError("It was changed, or belongs elsewhere.")
        return data


def wrapped(data: bytes, place: str, *, is_sensitive: bool) -> bytes:
    """Return the frame for a shared store."""
    return seal().seal(data, "cache", place) if is_sensitive else _authenticator().wrap(data, place)


def unwrapped(frame: bytes, place: str, *, is_sensitive: bool) -> bytes:
    """Return what is in the frame; raise EntryError for anything but the kind that is asked for."""
    if not is_sensitive:
        return _authenticator().unwrap(frame, place)
    try:
        return seal().open(frame, "cache", place)
    except SealError as error:
        raise EntryError(str(error)) from None


def _mac(key: bytes, data: bytes, place: str) -> bytes:
    name = place.encode()
    made = blake2b(len(name).to_bytes(4) + name, digest_size=MAC_BYTES, key=key)
    made.update(data)
    return made.digest()


def _authenticator() -> Authenticator:
    return _made(tuple(settings.CACHE_KEYS or [settings.SECRET_KEY]))


@lru_cache(maxsize=1)
def _made(secrets: tuple[str, ...]) -> Authenticator:
    return Authenticator(secrets)
