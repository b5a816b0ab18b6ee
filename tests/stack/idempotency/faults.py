"""Every step of the protocol as a place to die in: kill -9 of the process, once, where a file says."""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings

ONCE = "apps.deduplication.idempotency.once"
RECORDS = "apps.deduplication.idempotency.records"
CLAIM = "apps.deduplication.idempotency.claim"
EDGE = "apps.chat.api.idempotency"
MESSAGES = "apps.chat.services.messages"
DATABASE = "django.db.backends.base.base"

# What a request with a key goes through, in order: name, module, function, and on which side of it to die.
POINTS = (
    ("before the key is read", EDGE, "attempt_of", "before"),
    ("before the record is looked for", RECORDS, "find", "before"),
    ("before the key is held", CLAIM, "hold", "before"),
    ("while the key is held", CLAIM, "hold", "after"),
    ("before the effect", MESSAGES, "send_message", "before"),
    ("in the midst of the effect", MESSAGES, "message_changed", "before"),
    ("after the effect", MESSAGES, "send_message", "after"),
    ("before the record is written", RECORDS, "store", "before"),
    ("after the record is written", RECORDS, "store", "after"),
    ("before the commit", DATABASE, "BaseDatabaseWrapper.commit", "before"),
    ("after the commit", DATABASE, "BaseDatabaseWrapper.commit", "after"),
    ("before the others hear of it", "apps.chat.live.publication", "_publish_message", "before"),
    ("before the answer", EDGE, "once", "after"),
    ("after the answer is made", EDGE, "run_once", "after"),
)
ON_REPLAY = (
    ("before a replay is judged", ONCE, "_replayed", "before"),
    ("after a replay is judged", ONCE, "_replayed", "after"),
    ("before a replay is answered", EDGE, "replay", "before"),
)
_thread = threading.local()


def order_file(data_dir: Path) -> Path:
    """Return the file that names the point to die at."""
    return data_dir / "fault"


def install() -> None:
    """Wrap every function of the points. The commit counts only in a thread that has written a record."""
    for name, module, function, side in (*POINTS, *ON_REPLAY):
        owner, attribute = owner_of(module, function)
        setattr(owner, attribute, deadly(name, getattr(owner, attribute), side, is_commit=attribute == "commit"))
    records = import_module(RECORDS)
    records.store = remembered(records.store)


def owner_of(module: str, function: str) -> tuple[Any, str]:
    """Return the module or class, and the name of the function in it."""
    *path, attribute = function.split(".")
    owner: Any = import_module(module)
    for part in path:
        owner = getattr(owner, part)
    return owner, attribute


def deadly(name: str, function: Callable[..., Any], side: str, *, is_commit: bool) -> Callable[..., Any]:
    """Return the function with a place to die in before or after it."""

    @wraps(function)
    def run(*arguments: Any, **keywords: Any) -> Any:
        is_ours = not is_commit or getattr(_thread, "has_stored", False)
        if side == "before" and is_ours:
            die_if_told(name)
        result = function(*arguments, **keywords)
        if side == "after" and is_ours:
            die_if_told(name)
        return result

    return run


def remembered(store: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that also notes that its thread has written a record."""

    @wraps(store)
    def run(*arguments: Any, **keywords: Any) -> Any:
        _thread.has_stored = True
        return store(*arguments, **keywords)

    return run


def die_if_told(name: str) -> None:
    """Kill this process if the file names the point; whoever removes the file first is the one."""
    order = order_file(settings.DATA_DIR)
    with suppress(FileNotFoundError):
        if order.read_text() == name:
            order.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
