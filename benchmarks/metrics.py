"""What a scrape costs: 500 series of each of four processes, read, added up and written as text.

python -m benchmarks.metrics: beside prometheus_client with as many series of one process.
"""

import gzip
import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PACKAGES = ("prometheus-client", "msgspec")
PROCESSES, DISTRIBUTIONS, NUMBERS, RUNS = 4, 150, 350, 30
NOTES = (
    "Median CPU of 30 in milliseconds. A process has 350 counters and gauges and 150 distributions of 14 bounds, each "
    "with 1,000 values from 1 ms to 10 s: 2,900 lines. prometheus_client tells one process alone, from its memory. A "
    "file is written once a second, here with a tenth of the distributions grown."
)


def main() -> None:
    """Measure and publish."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")
    from benchmarks.report import publish

    with tempfile.TemporaryDirectory() as folder:
        ours = scrapes(Path(folder)) | written(Path(folder))
    rows = [
        {"": name, "ms": f"{seconds * 1000:.2f}", "bytes": f"{size:,}"}
        for name, (seconds, size) in {**ours, **theirs()}.items()
    ]
    publish("metrics", "A scrape: 500 series of each of four processes", rows, packages=PACKAGES, notes=NOTES)


def scrapes(folder: Path) -> dict[str, tuple[float, int]]:
    """Return CPU and size of our formats."""
    from apps.monitoring.prometheus.shelf import Shelf
    from apps.monitoring.prometheus.text import opened, plain

    shelf = Shelf(folder / "run")
    filled(shelf)
    return {
        "four processes, text": measured(lambda: plain(shelf.total()).encode()),
        "four processes, OpenMetrics": measured(lambda: opened(shelf.total()).encode()),
        "four processes, OpenMetrics, packed": measured(
            lambda: gzip.compress(opened(shelf.total()).encode(), compresslevel=1, mtime=0)
        ),
    }


def written(folder: Path) -> dict[str, tuple[float, int]]:
    """Return CPU and size of one process's file."""
    from apps.monitoring.measuring.metric import metric_of
    from apps.monitoring.prometheus.shelf import Shelf

    place, board = place_of(Shelf(folder / "alone"), 1), filled_board()
    lasted = metric_of("benchmark_lasted_seconds")

    def write() -> bytes:
        for series in range(0, DISTRIBUTIONS, 10):
            board.observe(lasted, labels_of(series), 0.1)
        place.take(board.sheet(worker="web:host:1", started=1.0, at=2.0))
        return (place.shelf.folder / f"{place.name}.sheet").read_bytes()

    return {"each process, each second: its file": measured(write)}


def filled(shelf: Any) -> None:
    """Put the sheets of running processes on the shelf."""
    from apps.monitoring.measuring.metric import counter, distribution

    counter("benchmark_counted_total", "Counted.", "route", "result")
    distribution("benchmark_lasted_seconds", "Lasted.", "route", "result")
    for number in range(PROCESSES):
        place_of(shelf, number).take(filled_board().sheet(worker=f"web:host:{number}", started=1.0, at=2.0))


def place_of(shelf: Any, number: int) -> Any:
    from apps.monitoring.prometheus.place import Place
    from apps.monitoring.worker import Worker

    return Place(shelf, Worker(kind="web", host="host", pid=number, started=1.0), print)


def filled_board() -> Any:
    """Return a board with 500 series."""
    from apps.monitoring.measuring.board import Board
    from apps.monitoring.measuring.metric import metric_of

    board = Board()
    counted, lasted = metric_of("benchmark_counted_total"), metric_of("benchmark_lasted_seconds")
    for series in range(NUMBERS):
        board.add(counted, labels_of(series), series)
    for series in range(DISTRIBUTIONS):
        for value in values(series):
            board.observe(lasted, labels_of(series), value)
    return board


def labels_of(series: int) -> tuple[str, str]:
    return f"api/conversations/{series}", "ok"


def values(seed: int) -> list[float]:
    """Return a thousand durations."""
    chance = random.Random(seed)
    return [10 ** chance.uniform(-3, 1) for _ in range(1_000)]


def theirs() -> dict[str, tuple[float, int]]:
    """Return CPU and size of prometheus_client's."""
    from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
    from prometheus_client.openmetrics.exposition import generate_latest as generate_open

    from apps.monitoring.measuring.metric import SECONDS

    registry = CollectorRegistry()
    labels = ("route", "result")
    counted = Counter("counted", "Counted.", labels, registry=registry)
    lasted = Histogram("lasted_seconds", "Lasted.", labels, registry=registry, buckets=SECONDS)
    for series in range(NUMBERS):
        counted.labels(f"api/conversations/{series}", "ok").inc(series)
    for series in range(DISTRIBUTIONS):
        for value in values(series):
            lasted.labels(f"api/conversations/{series}", "ok").observe(value)
    return {
        "prometheus_client, one process, text": measured(lambda: generate_latest(registry)),
        "prometheus_client, one process, OpenMetrics": measured(lambda: generate_open(registry)),
    }


def measured(scrape: Callable[[], bytes]) -> tuple[float, int]:
    """Return the median CPU of a scrape in seconds, and its size."""
    size, found = len(scrape()), []
    for _ in range(RUNS):
        began = time.process_time()
        scrape()
        found.append(time.process_time() - began)
    return sorted(found)[RUNS // 2], size


if __name__ == "__main__":
    main()
