"""The data directory and the secret key of a trial: made once, readable by their owner only."""

import os
import secrets
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

SECRET_MIN_CHARACTERS = 16


def made_data_dir(path: Path) -> Path:
    """Return the directory, made when missing; raise ImproperlyConfigured when nothing can be written in it."""
    folder = path.absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"DATA_DIR: {str(folder)!r} cannot be made ({error.strerror}).") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"DATA_DIR: nothing can be written in {str(folder)!r}.")
    return folder


def is_strong(secret: str) -> bool:
    """Return whether a key is long enough to be one; its length is the only thing we can tell."""
    return len(secret) >= SECRET_MIN_CHARACTERS


def kept_secret(path: Path) -> str:
    """Return the secret in the file, made on first use; threads and processes that start together agree on one."""
    if not path.exists():
        make_secret(path)
    kept = path.read_text().strip()
    if not kept:
        raise ImproperlyConfigured(f"SECRET_KEY: {str(path)!r} is empty: remove it, or set the variable.")
    return kept


def make_secret(path: Path) -> None:
    """Write a whole secret aside, then link it in place: whoever is first wins, and nobody reads half of it."""
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        Path(draft).unlink()
