"""Keys: a tuple that says all a value depends on, and for whom it is; shared stores only see a digest."""

from functools import lru_cache
from hashlib import blake2b

from django.conf import settings

Part = str | int | None
Key = tuple[Part, ...]
DIGEST_BYTES = 16
KINDS = frozenset({str, int, type(None)})


def digest_of(key: Key, *, namespace: str, version: int, clearings: int) -> str:
    """Return the name of the entry: keyed, so that nobody finds the key by trying.

    Raises TypeError for a key that is no tuple of texts, whole numbers and None. Two different keys never look alike.
    """
    if type(key) is not tuple or not KINDS.issuperset(map(type, key)):
        raise TypeError(f"The key of {namespace} is a tuple of str, int and None, not {key!r}.")
    named = repr((namespace, version, clearings, key)).encode()
    digest = _keyed(settings.SECRET_KEY).copy()
    digest.update(named)
    return digest.hexdigest()


@lru_cache(maxsize=2)
def _keyed(secret: str) -> blake2b:
    key = blake2b(secret.encode(), digest_size=32, person=b"perfsite cache k").digest()
    return blake2b(digest_size=DIGEST_BYTES, key=key)
