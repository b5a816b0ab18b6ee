"""Invalidation as a part of the transaction that makes it necessary.

Tags are noted in the transaction, where savepoints and rollbacks take them back as they take back the rows, and are
held just before its commit: from then on nobody keeps or is given what it changes. They are released right after it,
before whatever else waits for the commit.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db import connection as default_connection
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate

from apps.backplane.current import bus
from apps.caching.current import store
from apps.caching.family import Family, families, families_written
from apps.caching.signals import tags_invalidated
from apps.caching.statistics import invalidated, invalidations
from apps.caching.stores.invalidations import NAME_MAX_CHARACTERS
from apps.caching.tag import tags
from apps.caching.topic import tell

_migrating = threading.Event()
LOG = "caching_invalidation"
READS = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN")


class Noted:
    """Tags in a transaction's list of what follows its commit; by then they have been released already."""

    __slots__ = ("cause", "names")

    def __init__(self, names: Sequence[str], cause: str) -> None:
        self.names, self.cause = names, cause

    def __call__(self) -> None:
        """Do nothing more."""


class _Thread(threading.local):
    """Whether this thread may have invalidated something that is not committed: a flag, for it is read at every hit."""

    has_noted = False


writing = _Thread()


def invalidate(*names: str, cause: str = "write") -> None:
    """Let nothing under the tags be current after the commit; outside a transaction, from now on.

    Call it before the writes it stands for. Blocks for a round trip or two at the commit. Raises DatabaseError when
    the store does not answer and the log cannot be written either; then nothing is committed.
    """
    if not names:
        return
    if any(not name or len(name) > NAME_MAX_CHARACTERS for name in names):
        raise ValueError(f"A tag has from 1 to {NAME_MAX_CHARACTERS} characters.")
    if default_connection.in_atomic_block:
        _note(default_connection, names, cause)
        return
    with _held(names, cause, default_connection):
        pass


def noted() -> set[str]:
    """Return the tags that the transaction of this thread has invalidated so far; `writing` says whether to ask."""
    found = {name for one in _noted(default_connection) for name in one.names}
    writing.has_noted = bool(found)
    return found


def is_inside() -> bool:
    """Return whether this thread is in a transaction, so that what it reads may be nobody else's, or old."""
    return default_connection.in_atomic_block


def watch() -> None:
    """Watch every connection from its beginning."""
    connection_created.connect(_watch, dispatch_uid="caching.transactions")
    pre_migrate.connect(_begin_migrating, dispatch_uid="caching.transactions")
    post_migrate.connect(_end_migrating, dispatch_uid="caching.transactions")


def _begin_migrating(**_: object) -> None:
    """Let migrations write: the log may not exist yet, or any more."""
    _migrating.set()


def _end_migrating(*, sender: AppConfig, **_: object) -> None:
    """Invalidate whatever migrations may have changed."""
    if sender.label == "caching":
        _migrating.clear()
        if LOG in default_connection.introspection.table_names():
            invalidate(*(family.all for family in families()), cause="migration")


def _watch(connection: Any, **_: object) -> None:
    if connection.alias == DEFAULT_DB_ALIAS and guard not in connection.execute_wrappers:
        connection.execute_wrappers.append(guard)
        connection.commit = partial(_commit, connection, connection.commit)


def _commit(connection: Any, commit: Callable[[], None]) -> None:
    found = _noted(connection)
    if not found:
        commit()
        return
    names = tuple(dict.fromkeys(name for one in found for name in one.names))
    with _held(names, found[0].cause, connection):
        commit()


def guard(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
    """Run a statement. One that writes where tags should have been named, and were not, invalidates whole families."""
    if not isinstance(sql, str) or sql.startswith(READS) or _migrating.is_set():
        return execute(sql, params, many, context)
    connection = context["connection"]
    families = _unnamed(families_written(sql), connection)
    if not families:
        return execute(sql, params, many, context)
    names = [family.all for family in families]
    if connection.in_atomic_block or not connection.get_autocommit():
        _note(connection, names, "unnamed")
        return execute(sql, params, many, context)
    return _alone(partial(execute, sql, params, many, context), names, sql, connection)


def _alone(execute: Callable[[], Any], names: Sequence[str], sql: str, connection: Any) -> Any:
    """Run a statement outside a transaction together with its invalidation."""
    if connection.vendor == "sqlite" and "RETURNING" in sql:  # SQLite commits only when all rows have been fetched
        with _held(names, "unnamed", connection):
            result = execute()
        with _held(names, "unnamed", connection):
            return result
    with transaction.atomic():
        _note(connection, names, "unnamed")
        return execute()


def _unnamed(families: list[Family], connection: Any) -> list[Family]:
    if not families:
        return []
    found = {name for one in _noted(connection) for name in one.names}
    return [family for family in families if not any(map(family.holds, found))]


def _note(connection: Any, names: Sequence[str], cause: str) -> None:
    connection.on_commit(Noted(tuple(names), cause))
    writing.has_noted = True


def _noted(connection: Any) -> list[Noted]:
    return [hook for _, hook, _ in connection.run_on_commit if isinstance(hook, Noted)]


@contextmanager
def _held(names: Sequence[str], cause: str, connection: Any) -> Iterator[None]:
    """Hold the tags while a commit is done; whether it was is not known when it raises, so they end either way."""
    held = tags.hold(names)
    try:
        lease = store().hold(names, connection)
        try:
            yield
        finally:
            store().release(lease)
    finally:
        tags.release(held)
        writing.has_noted = False
    invalidations[cause] += len(names)
    for name in names:
        invalidated[name.partition(":")[0], cause] += 1
    tell(bus(), names)
    tags_invalidated.send_robust(Noted, names=tuple(names), cause=cause)
