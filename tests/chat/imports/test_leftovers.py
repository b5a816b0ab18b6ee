"""Uploads that nobody refers to."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile

from apps.chat.imports.leftovers import remove_leftovers
from apps.chat.models import Import, User
from apps.chat.tasks import resume_unfinished

DAY_SECONDS = 24 * 3600


@pytest.fixture
def upload(settings: Any, tmp_path: Path) -> Callable[..., Path]:
    """Put a file of some age where uploads lie."""
    settings.MEDIA_ROOT = tmp_path

    def put(name: str, *, days: float) -> Path:
        path = tmp_path / "imports" / "2026" / "11" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        seconds = path.stat().st_mtime - days * DAY_SECONDS
        os.utime(path, (seconds, seconds))
        return path

    return put


def test_an_upload_without_its_import_goes_when_it_is_a_day_old(ann: User, upload: Callable[..., Path]) -> None:
    old, young, used = upload("old", days=1.1), upload("young", days=0.9), upload("used", days=3)
    Import.objects.create(owner=ann, filename="used", upload="imports/2026/11/used")
    assert remove_leftovers() == 1
    assert [path.exists() for path in (old, young, used)] == [False, True, True]


def test_leftovers_go_when_a_worker_starts(db: None, upload: Callable[..., Path]) -> None:
    old = upload("old", days=2)
    resume_unfinished()
    assert not old.exists()


def test_without_any_upload_there_is_nothing_to_do(ann: User, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    assert remove_leftovers() == 0
    record = Import(owner=ann, filename="a")
    record.upload.save("a", ContentFile(b"x"))
    assert remove_leftovers() == 0


def test_a_file_that_goes_away_meanwhile_is_no_leftover(
    db: None, upload: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = upload("old", days=2)
    storage = Import.upload.field.storage

    def gone(name: str) -> None:
        raise FileNotFoundError(name)

    monkeypatch.setattr(storage, "get_modified_time", gone)
    assert remove_leftovers() == 0
    assert old.exists()
