"""The data directory and the kept secret, made by many at once."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.core.exceptions import ImproperlyConfigured

from perfsite.secrets import kept_secret, made_data_dir, make_secret
from tests.servers.site import PROJECT

MAKE = "import sys, pathlib; from perfsite.secrets import kept_secret; print(kept_secret(pathlib.Path(sys.argv[1])))"


def test_the_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    first = kept_secret(path)
    assert len(first) >= 50
    assert kept_secret(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_threads_that_start_together_agree(tmp_path: Path) -> None:
    barrier = Barrier(8)

    def one(_: int) -> str:
        barrier.wait()
        return kept_secret(tmp_path / "secret_key")

    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(one, range(8)))
    assert len(secrets) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MAKE, str(tmp_path / "secret_key")]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT) for _ in range(4)]
    secrets = {process.communicate(timeout=60)[0] for process in started}
    assert len(secrets) == 1
    assert secrets.pop().strip() == kept_secret(tmp_path / "secret_key")


def test_a_secret_that_exists_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    path.write_text("of another process")
    make_secret(path)
    assert path.read_text() == "of another process"
    assert list(tmp_path.iterdir()) == [path]


def test_an_empty_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch()
    with pytest.raises(ImproperlyConfigured, match=r"^SECRET_KEY: .*secret_key' is empty"):
        kept_secret(tmp_path / "secret_key")


def test_the_data_directory_is_made_for_its_owner(tmp_path: Path) -> None:
    made = made_data_dir(tmp_path / "a" / "b")
    assert made.is_dir()
    assert made.stat().st_mode & 0o777 == 0o700


def test_a_data_directory_that_is_a_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match=r"^DATA_DIR: .* cannot be made"):
        made_data_dir(tmp_path / "file" / "below")


def test_a_data_directory_that_cannot_be_written_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(ImproperlyConfigured, match=r"^DATA_DIR: nothing can be written"):
        made_data_dir(tmp_path)
