"""Values in shared stores, sealed: encrypted, authenticated, bound to what they are and where they belong.

AES-256-GCM (NIST SP 800-38D). The reader chooses the algorithm and its keys; a stored value only says which of them.
"""

import os
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

FORMAT = b"\x01"
ID_BYTES, SALT_BYTES, NONCE_BYTES = 4, 8, 12
HEAD_BYTES = len(FORMAT) + ID_BYTES + SALT_BYTES + NONCE_BYTES
PURPOSE = b"perfsite seal"


class SealError(ValueError):
    """The bytes are not what we sealed for this place: forged, truncated, moved, or by a key we no longer have."""


class Seal:
    """Seals with the newest key, opens with any of them: keys are rotated without a flush.

    Each process derives a key of its own from a random salt, so that nonces of many processes never meet.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        keys = [blake2b(secret.encode(), digest_size=32, person=PURPOSE).digest() for secret in secrets]
        self._keys = {blake2b(key, digest_size=ID_BYTES).digest(): key for key in keys}
        self._newest = next(iter(self._keys))
        self._salt = os.urandom(SALT_BYTES)

    def seal(self, value: bytes, *bound: str) -> bytes:
        """Return the value as a shared store may hold it, bound to the words: scope, key, whatever names its place."""
        nonce = os.urandom(NONCE_BYTES)
        head = FORMAT + self._newest + self._salt + nonce
        return head + _cipher(self._keys[self._newest], self._salt).encrypt(nonce, value, _associated(bound))

    def open(self, data: bytes, *bound: str) -> bytes:
        """Return the value sealed for the same words; raise SealError."""
        name, salt, nonce = data[1:5], data[5:13], data[13:HEAD_BYTES]
        key = self._keys.get(name)
        if data[:1] != FORMAT or key is None or len(nonce) < NONCE_BYTES:
            raise SealError("It is no sealed value of ours.")
        try:
            return _cipher(key, salt).decrypt(nonce, data[HEAD_BYTES:], _associated(bound))
        except InvalidTag:
            raise SealError("It was changed, or belongs elsewhere.") from None


@lru_cache(maxsize=512)
def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(blake2b(key=key, salt=salt, digest_size=32, person=PURPOSE).digest())


def _associated(bound: Sequence[str]) -> bytes:
    """Return the words with their lengths, so that no two lists of words look alike."""
    words = [word.encode() for word in bound]
    return FORMAT + b"".join(len(word).to_bytes(4) + word for word in words)


@lru_cache(maxsize=1)
def _sealed_by(secrets: tuple[str, ...]) -> Seal:
    return Seal(secrets)


def seal() -> Seal:
    """Return the site's seal: by CACHE_KEYS, newest first; by the SECRET_KEY when there are none."""
    return _sealed_by(tuple(settings.CACHE_KEYS or [settings.SECRET_KEY]))
