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

RECONNECT_SECONDS = 1.0  # then whoever needs a connection tries anew: the pool itself would pause for minutes
LOOK_SECONDS = 0.4  # after which whoever waits for a connection looks whether there is any use in it


def database_entry(url: SplitResult, *, connection_limit: int, timeout_ms: int) -> dict[str, Any]:
    """Return the DATABASES entry; raise ImproperlyConfigured when the URL lacks what its engine needs."""
    if url.scheme == "sqlite":
        return sqlite_entry(url, timeout_ms=timeout_ms)
    return postgresql_entry(url, connection_limit=connection_limit, timeout_ms=timeout_ms)


def sqlite_entry(url: SplitResult, *, timeout_ms: int) -> dict[str, Any]:
    """SQLite in WAL mode; a transaction takes the write lock at its start, so it never fails half way."""
    path = unquote(url.path)[1:]
    if url.netloc or url.query or url.fragment or not path.startswith("/"):
        raise refused("SQLite takes an absolute path alone, as in sqlite:////srv/perfsite.sqlite3.")
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
    if not name or url.fragment:
        raise refused(
            "it needs a database name, as in postgresql://user@host:5432/perfsite; write # in a password as %23."
        )
    options = connection_options(url.query)
    settings = f"-c lock_timeout={timeout_ms} -c idle_in_transaction_session_timeout=60000"
    return {
        "ENGINE": "apps.resilience.postgresql",
        "NAME": name,
        "USER": credential(url.username),
        "PASSWORD": credential(url.password),
        "HOST": options.pop("host", "") or unquote(url.hostname or ""),
        "PORT": str(url.port or ""),
        "CONN_HEALTH_CHECKS": False,  # the engine looks whether a connection has ended, without a statement
        "PATIENCE_SECONDS": timeout_ms / 1000,  # for a free connection of a pool in use
        "OPTIONS": {
            "connect_timeout": max(2, timeout_ms // 1000),
            **options,
            "options": f"{settings} {options.get('options', '')}".strip(),
            "pool": {
                "min_size": 1,
                "max_size": connection_limit,
                "timeout": min(LOOK_SECONDS, timeout_ms / 1000),
                "reconnect_timeout": RECONNECT_SECONDS,
            },
        },
    }


def connection_options(query: str) -> dict[str, Any]:
    """Return libpq's options from a URL's query; raise ImproperlyConfigured for one that libpq does not know."""
    from psycopg.pq import Conninfo  # not loaded on the embedded default

    options: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    for name in options:
        if name not in known:
            raise refused(f"{name!r} is not a connection option of Postgres.")
    return options


def refused(why: str) -> ImproperlyConfigured:
    """Return the error; the URL itself is left out because it may hold a password."""
    return ImproperlyConfigured(f"DATABASE_URL: {why}")
