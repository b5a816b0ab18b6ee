"""The hash under every key: keyed, so that a key in a log tells nothing to whoever guesses what went into it."""

from functools import lru_cache
from hashlib import blake2b

from django.conf import settings

PURPOSE = b"perfsite request"  # 16 bytes at most: BLAKE2's personalisation
DIGEST_BYTES = 16


def digest(*parts: bytes) -> str:
    """Return 32 hexadecimal digits for the parts in this order (BLAKE2b, RFC 7693).

    Each part is hashed with its length, so that no two lists of parts run together to the same bytes.
    """
    framed = b"".join([b"%d:%b" % (len(part), part) for part in parts])
    return blake2b(framed, key=secret(), digest_size=DIGEST_BYTES, person=PURPOSE).hexdigest()


def secret() -> bytes:
    """Return the key of the hash, made from SECRET_KEY: every process of the site has the same."""
    return _derived(settings.SECRET_KEY)


@lru_cache(maxsize=2)
def _derived(secret_key: str) -> bytes:
    return blake2b(secret_key.encode(), person=PURPOSE).digest()
