"""The closed loop: wrk on core 1 keeps 32 requests under way, which tells how much a server can do at most."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.edge import CONNECTIONS, Server, found, milliseconds
from benchmarks.pages.subjects import OWN

DISTINCT = Path(__file__).with_name("distinct.lua")


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One run of wrk."""

    requests_per_second: float
    cpu_microseconds: float
    p50_milliseconds: float
    p99_milliseconds: float


def run(server: Server, path: str, headers: dict[str, str], *, seconds: int) -> Round:
    """Run wrk once; raise RuntimeError for any answer that is neither 200 nor 304."""
    before = server.cpu_seconds()
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    if path.endswith(OWN):
        command.append(f"--script={DISTINCT}")
    url = f"http://127.0.0.1:{server.port}{path}"
    told = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in told or "Socket errors" in told:
        raise RuntimeError(f"{url}\n{told}")
    requests = int(found(r"(\d+) requests in", told))
    return Round(
        requests_per_second=float(found(r"Requests/sec:\s+(\S+)", told)),
        cpu_microseconds=(server.cpu_seconds() - before) / requests * 1e6,
        p50_milliseconds=milliseconds(found(r"50%\s+(\d\S+)", told)),
        p99_milliseconds=milliseconds(found(r"99%\s+(\d\S+)", told)),
    )
