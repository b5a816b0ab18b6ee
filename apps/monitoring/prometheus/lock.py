"""Locks on files: the system lets go of them when their process ends, whichever way."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def made(path: Path) -> int:
    """Return the descriptor of a new file at the path that is locked from its first moment on; raise OSError."""
    draft = path.with_suffix(".making")
    handle = os.open(draft, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        draft.rename(path)
    except OSError:
        os.close(handle)
        raise
    return handle


def is_held(path: Path) -> bool:
    """Return whether a process holds the lock of a file; True where it cannot be told."""
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


@contextmanager
def tried(path: Path) -> Iterator[bool]:
    """Hold the lock of a file, made when missing, and yield True; yield False where another holds it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)
