"""Notices every write to the database, whoever makes it: a view, a socket, a task, a command, the admin."""

import re
from typing import Any

from django.db.backends.signals import connection_created

from apps.deduplication.http.current import generation

VERBS = r"(?:INSERT|UPDATE|DELETE|REPLACE|MERGE)\b"
begins_so = re.compile(rf"\s*(?:{VERBS}|(WITH)\b)", re.IGNORECASE).match
names_one = re.compile(rf"\b{VERBS}", re.IGNORECASE).search
# What no answer of a joined route is made of.
is_bookkeeping = re.compile(
    r"\s*(?:INSERT INTO|UPDATE|DELETE FROM) \"?"
    r"(?:deduplication_flightexecution|django_cache|caching_\w+|monitoring_\w+)\b"
).match


def is_write(sql: str) -> bool:
    """Return whether a statement may write; one that begins WITH may where it names a verb that does."""
    found = begins_so(sql)
    return found is not None and (found[1] is None or names_one(sql) is not None)


def watch() -> None:
    """Watch every connection from its beginning."""
    connection_created.connect(_watch, dispatch_uid="deduplication.writes")


def _watch(connection: Any, **_: object) -> None:
    if note not in connection.execute_wrappers:
        connection.execute_wrappers.append(note)


def note(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
    """Run a statement; after the commit of one that writes, let the generation advance."""
    result = execute(sql, params, many, context)
    if isinstance(sql, str) and is_write(sql) and not is_bookkeeping(sql):
        _after_commit(context["connection"])
    return result


def _after_commit(connection: Any) -> None:
    """Be told of the commit once, before those who register later: they tell others of what was written."""
    if not connection.in_atomic_block:
        advance()
    elif all(told is not advance for _, told, _ in connection.run_on_commit):
        connection.on_commit(advance)


def advance() -> None:
    """Begin a new generation."""
    generation().advance()
