"""Real `manage.py` processes on a database of their own, on the engine of this run."""

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.environment import engine
from tests.servers.migrated import migrated_file
from tests.servers.site import MANAGE, PROJECT, clean_environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """An environment with a migrated database and the user `owner`."""

    env: dict[str, str]
    path: Path

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start a management command."""
        return subprocess.Popen(
            [*MANAGE, *arguments], env=self.env, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        """Run a management command to its end."""
        return subprocess.run(
            [*MANAGE, *arguments], env=self.env, cwd=PROJECT, capture_output=True, timeout=300, check=False
        )

    def ask(self, question: str) -> Any:
        """Return the one value a query answers."""
        with self._connected() as database:
            row = database.execute(question).fetchone()
        return row[0] if row else None

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        url = self.env["DATABASE_URL"]
        if url.startswith("sqlite"):
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as database:
                yield database
        else:
            with psycopg.connect(url) as database:
                yield database


@pytest.fixture
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Project:
    """A project of this test's own."""
    if engine() == "postgresql":
        url = request.getfixturevalue("migrated_url")
    else:
        url = f"sqlite:///{shutil.copyfile(migrated_file(), tmp_path / 'own.sqlite3')}"
    made = Project(env=clean_environment(DATA_DIR=str(tmp_path / "data"), DATABASE_URL=url), path=tmp_path)
    made.env["DJANGO_SUPERUSER_PASSWORD"] = "correct horse"
    done = made.run("createsuperuser", "--noinput", "--username=owner", "--email=o@x.org")
    assert done.returncode == 0, done.stderr.decode()
    return made
