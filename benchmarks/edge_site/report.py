"""The figures as Markdown and JSON, with the machine and the versions they belong to."""

import json
import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("django", "uvicorn", "uvloop", "httptools", "granian", "a2wsgi")


def write(folder: Path, measurements: list[dict[str, Any]], moved: list[dict[str, Any]], run: dict[str, Any]) -> None:
    """Write edge.json and edge.md and print the latter."""
    result = {"machine": machine(), "run": run, "measurements": measurements, "transfers": moved}
    folder.mkdir(exist_ok=True)
    (folder / "edge.json").write_text(json.dumps(result, indent=2) + "\n")
    text = "\n".join(lines(result)) + "\n"
    (folder / "edge.md").write_text(text)
    print(text)


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_average": os.getloadavg()[0],
        "versions": {name: version(name) for name in PACKAGES},
    }


def processor() -> str:
    """Return the processor's name where Linux tells it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def lines(result: dict[str, Any]) -> Iterator[str]:
    """Yield the report line by line."""
    machine, run = result["machine"], result["run"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    rounds = f"medians of {run['rounds']} interleaved rounds of {run['seconds']} s"
    yield "# The edge beside other servers\n"
    yield f"{machine['date']}, {machine['processor']}, {machine['cores']} cores, Python {machine['python']},"
    yield f"{versions}. One worker on core 0, `wrk -t1 -c32` on core 1, {rounds}."
    yield f"Load average at the end {machine['load_average']:.1f}. `.venv/bin/python -m benchmarks.edge`\n"
    yield "| view | server | requests/s | of granian | server CPU, µs | of granian | p50 ms | p99 ms |"
    yield "|---|---|---|---|---|---|---|---|"
    for one in result["measurements"]:
        yield row(one, next(m for m in result["measurements"] if m["view"] == one["view"] and "granian" in m["server"]))
    yield "\n| transfer through the edge | MB | s | memory before, MiB | at its peak |"
    yield "|---|---|---|---|---|"
    for one in result["transfers"]:
        memory = f"{one['memory_before']:.1f} | {one['memory_peak']:.1f}"
        yield f"| {one['transfer']} | {one['megabytes']} | {one['seconds']:.2f} | {memory} |"


def row(one: dict[str, Any], granian: dict[str, Any]) -> str:
    """Return one line of the table."""
    rate, cpu = one["requests_per_second"], one["cpu_microseconds"]
    return (
        f"| {one['view']} | {one['server']} | {rate:,.0f} | {rate / granian['requests_per_second']:.2f} "
        f"| {cpu:,.0f} | {cpu / granian['cpu_microseconds']:.2f} "
        f"| {one['p50_milliseconds']:.1f} | {one['p99_milliseconds']:.1f} |"
    )
