"""Uploads that no import refers to: their request was undone, or its process killed, before the commit."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

from django.core.files.storage import Storage
from django.utils import timezone

from apps.chat.models import Import

FOLDER = "imports"
AGE = timedelta(days=1)  # far longer than any request takes: its row may not be committed yet


def remove_leftovers() -> int:
    """Delete such files once they are a day old; return how many. Blocks for a look at every upload there is."""
    storage: Storage = Import.upload.field.storage
    leftovers = [name for name in _files(storage, FOLDER) if _is_leftover(storage, name)]
    for name in leftovers:
        storage.delete(name)
    return len(leftovers)


def _is_leftover(storage: Storage, name: str) -> bool:
    with suppress(FileNotFoundError):  # its import has ended meanwhile
        is_old = storage.get_modified_time(name) < timezone.now() - AGE
        return is_old and not Import.objects.filter(upload=name).exists()
    return False


def _files(storage: Storage, folder: str) -> Iterator[str]:
    folders, names = storage.listdir(folder) if storage.exists(folder) else ([], [])
    yield from (f"{folder}/{name}" for name in names)
    for inner in folders:
        yield from _files(storage, f"{folder}/{inner}")
