"""What watching costs the database: pages over tables of millions of rows, the writing of snapshots, their roll-up.

python -m benchmarks.snapshots [ROWS]: so many rows (ten million) on a private Postgres and on SQLite, as many of each
resolution as the default retention keeps; then the overview's charts over each range, the page itself, and what a
process and the scheduler spend on snapshots of 500 series.
"""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any

PACKAGES = ("django", "psycopg", "msgspec")
RANGES = {"1 h": 3_600, "24 h": 86_400, "7 d": 604_800, "30 d": 2_592_000, "90 d": 7_776_000}
KEPT = {10: 2 * 360 * 3, 60: 2 * 1_440, 600: 8 * 144, 3_600: 61 * 24, 86_400: 400}  # rows of a series, 3 processes
ROUNDS = 7
SERIES_OF_EACH, SERIES_OF_REQUESTS = 8, 60
WATCHED_SERIES, MINUTES, PROCESSES = 500, 10, 2
LABELS = {
    "level": ("L1", "L2", "L3", "none"),
    "method": ("GET", "POST"),
    "role": ("leader", "waiter", "replay"),
    "status_code": ("200", "304", "404", "500"),
}
NOTES = (
    "The charts: medians of seven reads of all charts of the overview, of `histories` alone and of the whole page by"
    " Django's test client; the first one is the slowest, as nothing is in memory. The goal: 150 ms over 90 days."
    f" The cost: processor time of this process while {PROCESSES} writers write {MINUTES} minutes of {WATCHED_SERIES}"
    " series, a fifth of them distributions, and the scheduler rolls them up; with SQLite that is the database's as"
    " well. The goal for each process: 0.5% of a core."
)


def main() -> None:
    """Measure in a process for each database, and publish."""
    if os.environ.get("BENCHMARK_ROLE"):
        measure(int(sys.argv[1]))
        return
    from benchmarks.report import publish
    from tests.servers.postgres import running_postgres

    count = sys.argv[1] if len(sys.argv) > 1 else "10000000"
    rows: list[dict[str, Any]] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(stack.enter_context(running_postgres()).database())
        env = {**os.environ, "DATA_DIR": str(folder), "HTTPS": "off"}
        subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], env=env, check=True)
        for name, url in (("SQLite", f"sqlite:///{folder / 'db.sqlite3'}"), ("Postgres", postgres)):
            env |= {"DATABASE_URL": url, "BENCHMARK_ROLE": name}
            subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], env=env, check=True)
            command = [sys.executable, "-m", "benchmarks.snapshots", count]
            done = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True)
            rows += [dict(zip(("what", "value"), line.split("\t"), strict=True)) for line in done.stdout.splitlines()]
    publish("snapshots", "Snapshots: reading, writing, rolling up", rows, packages=PACKAGES, notes=NOTES)


def measure(count: int) -> None:
    """Measure on the database of the environment; print a line for each figure."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")
    import django

    django.setup()
    name = os.environ["BENCHMARK_ROLE"]

    def tell(what: str, value: str) -> None:
        print(f"{name}: {what}\t{value}", flush=True)

    began = time.perf_counter()
    tell("rows", f"{generated(count):,}")
    print(f"generated in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    for label, seconds in RANGES.items():
        median, first = charts_over(seconds)
        tell(f"the overview's charts over {label}", f"{median:.0f} ms (the first time {first:.0f} ms)")
    median, first = page("90d")
    tell("the overview page over 90 d", f"{median:.0f} ms (the first time {first:.0f} ms)")
    for what, value in cost().items():
        tell(what, f"{value:.2f}% of a core")


def generated(count: int) -> int:
    """Fill the tables, up to now; return how many rows there are."""
    from django.db import connection

    from apps.monitoring.models.snapshots import RollUp, Snapshot

    make_series(count // sum(KEPT.values()))
    now = int(time.time())
    until = {10: now // 10 * 10}
    for fine, coarse in zip(KEPT, list(KEPT)[1:], strict=False):
        until[coarse] = (now - 90 if fine == 10 else until[fine]) // coarse * coarse
        RollUp.objects.create(resolution=coarse, until=until[coarse])
    with connection.cursor() as cursor:
        make_shapes(cursor)
        for resolution, number in KEPT.items():
            processes = 3 if resolution == 10 else 1
            cursor.execute(FILL, [number // processes, processes, resolution, until[resolution], resolution, processes])
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    return Snapshot.objects.count()


FILL = """
INSERT INTO monitoring_snapshot (series_id, resolution, start, worker, count, total, maximum, counts)
WITH RECURSIVE
  moment(number) AS (SELECT CAST(%s AS INTEGER) UNION ALL SELECT number - 1 FROM moment WHERE number > 1),
  process(number) AS (SELECT CAST(%s AS INTEGER) UNION ALL SELECT number - 1 FROM process WHERE number > 1)
SELECT series.id, %s, %s - moment.number * %s, CASE WHEN %s = 1 THEN 0 ELSE process.number END,
       shape.count, shape.total, shape.maximum, shape.counts
FROM moment CROSS JOIN process CROSS JOIN monitoring_series series
JOIN shapes shape ON shape.number = (series.id * 7 + moment.number) %% 50
                 AND shape.is_distribution = (CASE WHEN series.metric LIKE '%%seconds' THEN 1 ELSE 0 END)
ORDER BY moment.number DESC
"""


def make_series(number: int) -> None:
    """Make series of every metric that the overview shows, and others beside them."""
    import apps.monitoring.service  # noqa: F401  (declares the metrics)
    from apps.monitoring.measuring.metric import metric_of
    from apps.monitoring.measuring.sheet import Line
    from apps.monitoring.models import Series
    from apps.monitoring.snapshots.writer import key_of

    shown = sorted({line.metric for chart in overview() for line in chart.lines})
    lines = []
    for metric in filter(None, map(metric_of, shown)):
        most = SERIES_OF_REQUESTS if metric.name.startswith("http_request_") else SERIES_OF_EACH
        choices = [LABELS.get(label, tuple(f"{label} {one}" for one in range(10))) for label in metric.labels]
        found = list(product(*reversed(choices)))[:most]
        lines += [Line(metric=metric.name, labels=labels[::-1], value=0.0) for labels in found]
    lines += [Line(metric="beside_total", labels=(str(one),), value=0.0) for one in range(max(0, number - len(lines)))]
    keys = [key for line in lines[:number] if (key := key_of(line))]
    Series.objects.bulk_create(Series(metric=metric, labels=labels) for metric, labels in keys)


def make_shapes(cursor: Any) -> None:
    """Make what the rows hold: fifty numbers and fifty distributions of 20 to 2,000 durations."""
    from apps.monitoring.measuring.histogram import Histogram

    chance = random.Random(7)
    kinds = {"sqlite": ("REAL", "BLOB"), "postgresql": ("DOUBLE PRECISION", "BYTEA")}[cursor.db.vendor]
    real, binary = kinds
    columns = f"number INT, is_distribution INT, count BIGINT, total {real}, maximum {real}, counts {binary}"
    cursor.execute(f"CREATE TEMPORARY TABLE shapes ({columns})")
    for number in range(50):
        sizes = Histogram()
        for _ in range(chance.choice((20, 200, 2_000))):
            sizes.observe(chance.lognormvariate(-4, 1))
        row = [number, 1, sizes.count, sizes.total, sizes.maximum, sizes.packed()]
        cursor.execute("INSERT INTO shapes VALUES (%s, %s, %s, %s, %s, %s)", row)
        cursor.execute("INSERT INTO shapes VALUES (%s, 0, 1, %s, %s, NULL)", [number, number, number])


def overview() -> Any:
    """Return the charts of the overview that can be drawn."""
    from apps.monitoring.pages.content import CONTENTS

    return CONTENTS[""].drawable


def charts_over(seconds: int) -> tuple[float, float]:
    """Return how long reading the overview's charts takes."""
    from apps.monitoring.charts.history import histories
    from apps.monitoring.snapshots.window import Window

    def read() -> None:
        assert histories(overview(), Window.last(seconds))["latency"].lines[0].whole

    return timed(read)


def page(name: str) -> tuple[float, float]:
    """Return how long the overview page takes, without the network."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    staff: Any = get_user_model().objects.create(username="staff", is_staff=True)
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(staff)

    def get() -> None:
        answer = client.get(f"/performance/?range={name}")
        assert answer.status_code == 200, answer

    return timed(get)


def cost() -> dict[str, float]:
    """Return what snapshots cost, in percent of a core: each process that writes, and the roll-up."""
    from apps.monitoring.measuring.board import Board
    from apps.monitoring.measuring.metric import counter, distribution
    from apps.monitoring.snapshots.tending import tend
    from apps.monitoring.snapshots.writer import SnapshotWriter
    from apps.monitoring.worker import Worker

    counted = counter("written_total", "Counted.", "number")
    sized = distribution("written_seconds", "Durations.", "number")
    start = int(time.time()) // 60 * 60 + 600
    tend(now=start)
    boards = [Board() for _ in range(PROCESSES)]
    workers = [Worker(kind="web", host="benchmark", pid=number, started=float(start)) for number in range(PROCESSES)]
    writers = [SnapshotWriter(worker, lambda _kind, _number: None) for worker in workers]
    before = [board.sheet(worker="w", started=0.0, at=float(start)) for board in boards]
    writing = rolling = 0.0
    for at in range(start, start + MINUTES * 60, 10):
        for index, board in enumerate(boards):
            fill(board, counted, sized)
            now = board.sheet(worker="w", started=0.0, at=at + 10.0)
            began = time.process_time()
            writers[index].write(at, now.since(before[index]))
            writing += time.process_time() - began
            before[index] = now
        began = time.process_time()
        if at % 60 == 50:
            tend(now=at + 100)
        rolling += time.process_time() - began
    return {
        "writing, for each process": writing / PROCESSES / (MINUTES * 60) * 100,
        "rolling up and pruning, for the site": rolling / (MINUTES * 60) * 100,
    }


def fill(board: Any, counted: Any, sized: Any) -> None:
    """Let ten seconds pass in which every series moved."""
    for number in range(WATCHED_SERIES):
        if number % 5:
            board.add(counted, (str(number),), 1.0)
        else:
            for _ in range(20):
                board.observe(sized, (str(number),), random.lognormvariate(-4, 1))


def timed(call: Callable[[], None]) -> tuple[float, float]:
    """Return the median and the first of a few rounds, in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        call()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times), times[0]


if __name__ == "__main__":
    main()
