"""Migrated databases: the migrations run once for each kind of server, what tests get are copies."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.project.variables import variables_read
from tests.servers.postgres import Postgres

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATE = "migrated"


def migrated_file() -> Path:
    """Return a migrated SQLite file to copy, made once for all test processes of a run. Blocks."""
    folder = Path(os.environ["TEST_ROOT"])
    made = folder / f"{TEMPLATE}.sqlite3"
    with (folder / f"{TEMPLATE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            draft = folder / "draft.sqlite3"
            migrate(folder, f"sqlite:///{draft}")
            draft.rename(made)
    return made


@contextmanager
def migrated_database(server: Postgres) -> Iterator[str]:
    """Make a migrated database, yield its URL, drop it whoever is still connected."""
    if not server.has(TEMPLATE):
        server.execute("CREATE DATABASE {}", TEMPLATE)
        migrate(Path(os.environ["TEST_ROOT"]), server.url(TEMPLATE))
    with server.database(template=TEMPLATE) as url:
        yield url


def migrate(data_dir: Path, url: str) -> None:
    """Run the migrations in an environment of their own; raise CalledProcessError when they fail."""
    env = {**without_variables(os.environ), "HTTPS": "off", "DATA_DIR": str(data_dir), "DATABASE_URL": url}
    subprocess.run([sys.executable, str(PROJECT / "manage.py"), "migrate", "--verbosity=0"], env=env, check=True)


def without_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without any of perfsite's variables."""
    known = variables_read()
    return {name: value for name, value in environment.items() if name not in known}
