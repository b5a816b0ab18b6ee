"""The name of a session: of no use to whoever reads it, in a key, on the bus, in memory."""

import hashlib

from apps.caching.family import Family

# Whoever saves or ends a session says so (session_store.py); a row changed by other ways ends all memory of sessions.
SESSION = Family("session", tables={"django_session": ("session_data", "expire_date")})


def digest_of(session_key: str) -> str:
    """Return the session's name: 32 hexadecimal digits."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:32]
