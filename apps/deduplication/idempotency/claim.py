"""One request with a key at a time, held for the length of the transaction: a crash lets go by itself."""

from typing import Any

from django.db import OperationalError, connection

from apps.deduplication.idempotency.exceptions import KeyBusyError

LOCK_NOT_AVAILABLE = "55P03"


def hold(digest: str, *, wait_seconds: float) -> None:
    """Hold the name until the caller's transaction ends; raise KeyBusyError when another has it, after the wait.

    Postgres: an advisory lock of the transaction. SQLite: nothing to do, the transaction began with the one write lock.
    """
    if connection.vendor != "postgresql":
        return
    number = int.from_bytes(bytes.fromhex(digest[:16]), "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            _wait(cursor, number, wait_seconds)


def _wait(cursor: Any, number: int, seconds: float) -> None:
    if not seconds:
        raise KeyBusyError
    cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{seconds * 1000:.0f}"])
    try:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
            raise
        raise KeyBusyError from None
    cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
