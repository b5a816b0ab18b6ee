"""The edge beside other ways to serve the same Django, in one run: `.venv/bin/python -m benchmarks.edge`.

Each server has one worker, pinned to core 0; wrk has core 1. Rounds are interleaved, figures are medians.
Server CPU per request is the steadier figure where other work shares the machine.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import psutil

from benchmarks.edge_site import report, transfer

PROJECT = Path(__file__).resolve().parent.parent
THREADS = 4  # the number at which granian was fastest here
CONNECTIONS = 32
BIN = Path(sys.executable).parent
UVICORN = (f"{BIN}/uvicorn", "--loop=uvloop", "--http=httptools", "--no-access-log", "--log-level=warning")
GRANIAN = (f"{BIN}/granian", "--interface=wsgi", "--workers=1", f"--blocking-threads={THREADS}", "--no-ws")
SERVERS = {
    "perfsite edge (manage.py serve)": (sys.executable, "manage.py", "serve"),
    "granian WSGI": (*GRANIAN, "--log-level=warning", "benchmarks.edge_site.servers:wsgi"),
    "uvicorn + a2wsgi": (*UVICORN, "benchmarks.edge_site.servers:a2wsgi"),
    "uvicorn, stock Django ASGI": (*UVICORN, "--lifespan=off", "benchmarks.edge_site.servers:asgi"),
}
EDGE = next(iter(SERVERS))
VIEWS = {"trivial": "/trivial", "history, signed in, 8.5 KB": "/history"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One server and one view: medians over the rounds."""

    server: str
    view: str
    requests_per_second: float
    cpu_microseconds: float
    p50_milliseconds: float
    p99_milliseconds: float


class Server:
    """One server process on core 0."""

    def __init__(self, command: Sequence[str], *, port: int, env: dict[str, str]) -> None:
        pinned = ["taskset", "-c", "0", *command, f"--port={port}"]
        self.port = port
        self.process = psutil.Popen(pinned, cwd=PROJECT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def wait(self) -> None:
        """Block until it answers."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/trivial", timeout=5).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise TimeoutError(f"The server on port {self.port} does not answer.")

    def cpu_seconds(self) -> float:
        """Return the CPU time of the server and its children."""
        times = [one.cpu_times() for one in (self.process, *self.process.children(recursive=True))]
        return sum(one.user + one.system for one in times)

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(30)


def main() -> None:
    """Measure and report."""
    arguments = parsed()
    with prepared() as (env, cookie), ExitStack() as stack:
        servers = {}
        for number, (name, command) in enumerate(SERVERS.items()):
            servers[name] = Server(command, port=arguments.port + number, env=env)
            stack.callback(servers[name].stop)
        for server in servers.values():
            server.wait()
        measurements = list(measured(servers, cookie, rounds=arguments.rounds, seconds=arguments.seconds))
        moved = transfer.measure(servers[EDGE].process, servers[EDGE].port, megabytes=arguments.megabytes)
    report.write(PROJECT / "benchmarks" / "results", [asdict(one) for one in measurements], moved, vars(arguments))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--port", type=int, default=8931)
    return parser.parse_args()


@contextmanager
def prepared() -> Iterator[tuple[dict[str, str], str]]:
    """Yield the servers' environment and a session's cookie, on a database of their own."""
    with tempfile.TemporaryDirectory(prefix="perfsite-bench-") as folder:
        env = {
            **os.environ,
            "DATA_DIR": folder,
            "HTTPS": "off",
            "THREADS": str(THREADS),
            "DJANGO_SETTINGS_MODULE": "benchmarks.edge_site.settings",
        }
        for command in (("migrate", "--verbosity=0"), ("collectstatic", "--noinput", "--verbosity=0")):
            subprocess.run([sys.executable, "manage.py", *command], cwd=PROJECT, env=env, check=True)
        session = [sys.executable, "-m", "benchmarks.edge_site.session"]
        yield env, subprocess.run(session, cwd=PROJECT, env=env, check=True, capture_output=True, text=True).stdout


def measured(servers: dict[str, Server], cookie: str, *, rounds: int, seconds: int) -> Iterator[Measurement]:
    """Yield the medians of every server and view; the servers take turns in each round."""
    for view, path in VIEWS.items():
        figures: dict[str, list[tuple[float, ...]]] = {name: [] for name in servers}
        for _ in range(rounds):
            for name, server in servers.items():
                figures[name].append(load(server, path, cookie, seconds))
        for name, rows in figures.items():
            rate, cpu, p50, p99 = (median(column) for column in zip(*rows, strict=True))
            yield Measurement(
                server=name,
                view=view,
                requests_per_second=rate,
                cpu_microseconds=cpu,
                p50_milliseconds=p50,
                p99_milliseconds=p99,
            )


def load(server: Server, path: str, cookie: str, seconds: int) -> tuple[float, ...]:
    """Run wrk once; return requests/s, server CPU in µs per request, and the latencies in ms."""
    before = server.cpu_seconds()
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    command += ["-H", f"Cookie: sessionid={cookie.strip()}", f"http://127.0.0.1:{server.port}{path}"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in told:
        raise RuntimeError(told)
    requests = int(found(r"(\d+) requests in", told))
    cpu = (server.cpu_seconds() - before) / requests * 1e6
    latencies = [milliseconds(found(rf"{share}%\s+(\d\S+)", told)) for share in (50, 99)]
    return float(found(r"Requests/sec:\s+(\S+)", told)), cpu, *latencies


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise RuntimeError(f"wrk did not tell {pattern}:\n{text}")
    return match[1]


def milliseconds(text: str) -> float:
    match = re.fullmatch(r"([\d.]+)(us|ms|s)", text)
    if match is None:
        raise RuntimeError(f"{text} is no duration")
    return float(match[1]) * {"us": 0.001, "ms": 1, "s": 1000}[match[2]]


if __name__ == "__main__":
    main()
