"""One server process: its own process group, its output in a file, its end certain."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from tests.servers.deadline import eventually


class ServerError(RuntimeError):
    """A server ended or stayed silent before it was ready; carries the end of its log."""


def free_port() -> int:
    """Return a loopback port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listening(port: int) -> bool:
    """Return whether something accepts connections on the loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ends_with_us() -> list[str]:
    """Return what to put before a command so that it is asked to end when the test process is killed (Linux)."""
    return [setpriv, "--pdeathsig", "TERM", "--"] if (setpriv := shutil.which("setpriv", path=os.defpath)) else []


class ServerProcess:
    """Starts a command; stops it, and whatever it started, by its own process group only.

    Start it from a thread that lives as long as the server: Linux tells the death of that thread.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: int | None = None,
    ) -> None:
        self.log_path = log
        self._begin = partial(
            subprocess.Popen,
            [*ends_with_us(), *command],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
            cwd=cwd,
            user=user,
            extra_groups=None if user is None else [],
            start_new_session=True,
        )
        self.start_again()

    def start_again(self) -> None:
        """Start the command, after an end as before it; its output goes on in the same file."""
        with self.log_path.open("ab") as output:
            self._process = self._begin(stdout=output)

    @property
    def pid(self) -> int:
        """The process id of the command itself."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit status, None while it runs."""
        return self._process.poll()

    def log(self) -> str:
        """Return all it has printed so far."""
        return self.log_path.read_text(errors="replace")

    def wait_until(self, ready: Callable[[], bool], *, seconds: float = 120) -> None:
        """Block until ready; end it and raise ServerError with its log when it ends or stays silent."""
        try:
            eventually(lambda: ready() or self.returncode is not None, seconds=seconds, what="the server's readiness")
        except TimeoutError as error:
            self.kill()
            raise ServerError(f"{error}\n{self.log()}") from None
        if self.returncode is not None:
            self.kill()
            raise ServerError(f"ended with status {self.returncode} before it was ready\n{self.log()}")

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the command itself, if it still runs."""
        if self.returncode is None:
            self._process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM, *, seconds: float = 30) -> int:
        """End it with the signal and return its exit status; what is left of its group is killed."""
        self.send(number)
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise ServerError(f"did not end within {seconds} s of {number.name}\n{self.log()}") from None
        finally:
            self.kill()

    def kill(self) -> None:
        """Kill -9 the whole process group and reap the command; does nothing when all is over."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        finally:
            self._process.wait()
