"""DATABASE_URL as Django's DATABASES entry, with what a busy chat needs of each engine."""

from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote

from django.core.exceptions import ImproperlyConfigured

from perfsite.env import credential

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"  # docs/decisions/0003: a 201 outlives a power cut
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA cache_size=-16000;"
    "PRAGMA journal_size_limit=67108864;"
)


def database_entry(url: SplitResult, *, connection_limit: int, timeout_ms: int) -> dict[str, Any]:
    """Return the DATABASES entry; raise ImproperlyConfigured when the URL lacks what its engine needs."""
    if url.scheme == "sqlite":
        return sqlite_entry(url, timeout_ms=timeout_ms)
    return postgresql_entry(url, connection_limit=connection_limit, timeout_ms=timeout_ms)


def sqlite_entry(url: SplitResult, *, timeout_ms: int) -> dict[str, Any]:
    """SQLite in WAL mode; a transaction takes the write lock at its start, so it never fails half way."""
    path = unquote(url.path)[1:]
    if url.netloc or not path.startswith("/"):
        raise ImproperlyConfigured("DATABASE_URL: SQLite takes an absolute path, as in sqlite:////srv/perfsite.sqlite3.")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": timeout_ms / 1000,
            "transaction_mode": "IMMEDIATE",
            "init_command": SQLITE_PRAGMAS,
        },
    }


def postgresql_entry(url: SplitResult, *, connection_limit: int, timeout_ms: int) -> dict[str, Any]:
    """Postgres through psycopg's pool; waits for connections and locks are bounded."""
    name = unquote(url.path.lstrip("/"))
    if not name:
        raise ImproperlyConfigured("DATABASE_URL: the database name is missing, as in postgresql://user@host:5432/perfsite.")
    options: dict[str, Any] = dict(parse_qsl(url.query))
    settings = f"-c lock_timeout={timeout_ms} -c idle_in_transaction_session_timeout=60000"
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": credential(url.username),
        "PASSWORD": credential(url.password),
        "HOST": options.pop("host", "") or unquote(url.hostname or ""),
        "PORT": str(url.port or ""),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **options,
            "connect_timeout": max(2, timeout_ms // 1000),
            "options": settings,
            "pool": {"min_size": 1, "max_size": connection_limit, "timeout": timeout_ms / 1000},
        },
    }
