"""perfsite itself as a real server process, with an environment of its own."""

import http.client
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.measured import is_measured
from tests.servers.migrated import migrated_file, without_variables
from tests.servers.process import ServerError, ServerProcess, free_port
from tests.servers.static import link_static

PROJECT = Path(__file__).resolve().parents[2]
MANAGE = (sys.executable, str(PROJECT / "manage.py"))


def clean_environment(**variables: str) -> dict[str, str]:
    """Return this process's environment without any of perfsite's variables, plus those given."""
    return {**without_variables(os.environ), "HTTPS": "off", "DEMO_PASSWORD": "demo", **variables}


@dataclass(slots=True, kw_only=True)
class Site:
    """A data directory, an environment, and the server process that runs on them."""

    data_dir: Path
    env: Mapping[str, str]
    port: int = field(default_factory=free_port)
    arguments: tuple[str, ...] = ()
    process: ServerProcess = field(init=False)

    @property
    def url(self) -> str:
        """The address of the site, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, ready: bool = True) -> None:
        """Start the server and wait until it answers; raises ServerError with its log."""
        command = [*MANAGE, "serve", "--host=127.0.0.1", f"--port={self.port}", *self.arguments]
        self.process = ServerProcess(command, log=self.data_dir / "serve.log", env=self.env, cwd=PROJECT)
        if ready:
            self.process.wait_until(self.answers)

    def answers(self) -> bool:
        """Return whether the sign-in page of the admin comes without a server error. Blocks for ten seconds at most."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/admin/login/")
            return connection.getresponse().status < 500
        except (ConnectionError, TimeoutError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self, *, seconds: float = 30) -> int:
        """End the server by SIGTERM and return its exit status."""
        return self.process.stop(seconds=seconds)

    def kill(self) -> None:
        """Kill -9 the server and all its processes."""
        self.process.kill()

    def restart(self) -> None:
        """Kill whatever runs and start again on the same port and data."""
        self.kill()
        self.start()

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a management command in the site's environment and return its output. Blocks."""
        result = subprocess.run(
            [*MANAGE, *arguments], check=False, env=self.env, cwd=PROJECT, capture_output=True, text=True, timeout=600
        )
        assert result.returncode == 0 or not check, f"{arguments}\n{result.stdout}{result.stderr}"
        return result


@contextmanager
def running_site(
    data_dir: Path,
    *arguments: str,
    migrate: bool = True,
    prepare: Callable[[Site], object] | None = None,
    port: int | None = None,
    **variables: str,
) -> Iterator[Site]:
    """Yield a running site; arguments go to `serve`, variables to its environment.

    It is migrated unless it shares a database that is, and prepared before its server starts.
    """
    link_static(Path(os.environ["TEST_STATIC"]), data_dir)
    env = clean_environment(DATA_DIR=str(data_dir), **variables)
    site = Site(data_dir=data_dir, env=env, port=port or free_port(), arguments=arguments)
    if migrate and "DATABASE_URL" in variables:
        site.manage("migrate", "--verbosity=0")
    elif migrate:
        shutil.copyfile(migrated_file(), data_dir / "perfsite.sqlite3")
    if prepare:
        prepare(site)
    site.start()
    try:
        yield site
    finally:
        ended(site)


def ended(site: Site) -> None:
    """Kill the server; one whose coverage is wanted ends by itself, to write it, and tells when it does not."""
    if not is_measured(site.env):
        site.kill()
    try:
        site.stop(seconds=15)
    except ServerError as error:
        print(error, file=sys.stderr)
