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

FORMAT, SIGNED = b"\x01", b"\x02"
ID_BYTES, SALT_BYTES, NONCE_BYTES = 4, 8, 12
HEAD_BYTES = len(FORMAT) + ID_BYTES + SALT_BYTES + NONCE_BYTES
TAG_BYTES = 16
END = b"\xff"  # of the words, before a signed value: no length of a word begins like it
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
        cipher, nonce, head = self._begun(FORMAT)
        return head + cipher.encrypt(nonce, value, _associated(FORMAT, bound))

    def open(self, data: bytes, *bound: str) -> bytes:
        """Return the value sealed for the same words; raise SealError."""
        cipher, nonce = self._cipher_of(data, FORMAT)
        return _decrypted(cipher, nonce, data[HEAD_BYTES:], _associated(FORMAT, bound))

    def sign(self, value: bytes, *bound: str) -> bytes:
        """Return the value, readable, with proof that it is ours and belongs to the words: GMAC, as fast as sealing."""
        cipher, nonce, head = self._begun(SIGNED)
        return head + cipher.encrypt(nonce, b"", _associated(SIGNED, bound) + END + value) + value

    def signed(self, data: bytes, *bound: str) -> bytes:
        """Return the value signed for the same words; raise SealError."""
        cipher, nonce = self._cipher_of(data, SIGNED)
        value = data[HEAD_BYTES + TAG_BYTES :]
        _decrypted(cipher, nonce, data[HEAD_BYTES : HEAD_BYTES + TAG_BYTES], _associated(SIGNED, bound) + END + value)
        return value

    def _begun(self, kind: bytes) -> tuple[AESGCM, bytes, bytes]:
        """Return cipher, nonce and the head that names them."""
        nonce = os.urandom(NONCE_BYTES)
        return _cipher(self._keys[self._newest], self._salt), nonce, kind + self._newest + self._salt + nonce

    def _cipher_of(self, data: bytes, kind: bytes) -> tuple[AESGCM, bytes]:
        """Return cipher and nonce that a head names; raise SealError where it is none of that kind and of our keys."""
        key = self._keys.get(data[1:5])
        if data[:1] != kind or key is None or len(data) < HEAD_BYTES:
            raise SealError("It is no sealed value of ours.")
        return _cipher(key, data[5:13]), data[13:HEAD_BYTES]


@lru_cache(maxsize=512)
def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(blake2b(key=key, salt=salt, digest_size=32, person=PURPOSE).digest())


def _decrypted(cipher: AESGCM, nonce: bytes, data: bytes, associated: bytes) -> bytes:
    try:
        return cipher.decrypt(nonce, data, associated)
    except InvalidTag:
        raise SealError("It was changed, or belongs elsewhere.") from None


def _associated(kind: bytes, bound: Sequence[str]) -> bytes:
    """Return the words with their lengths, so that no two lists of words look alike."""
    words = [word.encode() for word in bound]
    return kind + b"".join([len(word).to_bytes(4) + word for word in words])


@lru_cache(maxsize=1)
def _sealed_by(secrets: tuple[str, ...]) -> Seal:
    return Seal(secrets)


def seal() -> Seal:
    """Return the site's seal: by CACHE_KEYS, newest first; by the SECRET_KEY when there are none."""
    return _sealed_by(tuple(settings.CACHE_KEYS or [settings.SECRET_KEY]))
