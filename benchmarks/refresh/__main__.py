"""python -m benchmarks.refresh [REQUESTS] [A SECOND] [WORKERS]: 60,000, 1,000, 2: ten minutes of 200 sessions in one.

200 sessions, 2,000 conversations of real text chosen by Zipf's law, 2% messages sent; the real server, a worker for
each core, on a private Postgres and Redis. Before it others read for a while. After it Redis is emptied, the server
started anew and the cache warmed, as for a deployment, and some seconds of it are played again; then a part with every
cache off. TEXTS says where irc.csv and coffee.jsonl.gz are; without them it says so and ends.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.refresh.client import Played, Player
from benchmarks.refresh.trace import Step, trace
from benchmarks.report import publish
from tests.servers.postgres import running_postgres
from tests.servers.redis import Redis, running_redis
from tests.servers.site import Site, running_site
from tests.servers.static import collected_static

REQUESTS, RATE, WORKERS, BEFORE, SEED, WRITES = 60_000, 1_000.0, 2, 1 / 3, 6, 0.02
HEARD_SECONDS, ALLOWED_SECONDS = 60, 0.1
UNCACHED, UNCACHED_RATE, ANEW = 3_000, 150.0, 10_000
CACHES = (
    "chat_history",
    "chat_answers",
    "chat_pages",
    "chat_readers",
    "chat_readable",
    "chat_accounts",
    "session_rows",
)
LIMITS = ("messages_per_minute=100000", "reads_per_minute=1000000", "writes_per_minute=100000")
PACKAGES = ("django", "uvicorn", "psycopg", "redis", "msgspec")
NOTES = (
    "A worker for each core. Times from when a request was due. A hit is expected where somebody has read the "
    "conversation since the last message in it; what was read before is not among them. Queries are all that the "
    "processes send, writes, sessions, people and work aside included; the uncached run has every cache off. A read is "
    "stale if a newer message had been answered 0.1 s before it was sent: in another process it takes the bus. For the "
    "deployment the processes are new, Redis was emptied, and warmed is what was read before, from the table of hot "
    "keys."
)


def main() -> None:
    """Run and publish."""
    texts = Path(os.environ.get("TEXTS", ""))
    if not (texts / "irc.csv").exists() or not (texts / "coffee.jsonl.gz").exists():
        print("Left out: TEXTS does not name a folder with irc.csv and coffee.jsonl.gz.")
        return
    given = [float(word) for word in sys.argv[1:]]
    count, rate, workers = (given + [REQUESTS, RATE, WORKERS][len(given) :])[:3]
    with ExitStack() as stack:
        site, redis, made = prepared(stack, texts, workers=int(workers))
        given = {"sessions": made["sessions"], "conversations": made["conversations"], "writes": WRITES}
        steps = trace(**given, count=int(count), seed=SEED)
        measured(site, trace(**given, count=int(count * BEFORE), seed=SEED + 1), rate)
        cached = measured(site, steps, rate)
        begin_anew(site, redis)
        anew = measured(site, steps[:ANEW], rate)
        for name in CACHES:
            site.manage("policies", "set", f"cache_{name}", "is_enabled=false", "--reason", "to compare")
        uncached = measured(site, steps[:UNCACHED], UNCACHED_RATE)
    publish(
        "refresh",
        "Two hundred sessions refresh what they read",
        [*rows(steps, cached, uncached), *deployed(anew)],
        packages=PACKAGES,
        notes=NOTES,
    )


def begin_anew(site: Site, redis: Redis) -> None:
    """Leave what a deployment leaves: a new process, an empty Redis, and in it what was asked for most."""
    site.stop()
    redis.flush()
    site.start()
    site.manage("warm_cache")


def prepared(stack: ExitStack, texts: Path, *, workers: int) -> tuple[Site, Redis, Any]:
    """Return a running site that is full, its Redis, and what is in it."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    database = stack.enter_context(stack.enter_context(running_postgres()).database())
    redis = stack.enter_context(running_redis())
    os.environ["TEST_STATIC"] = str(collected_static({**os.environ, "TEST_ROOT": str(folder), "HTTPS": "off"}))
    made: list[Any] = []

    def fill(site: Site) -> None:
        command = [sys.executable, "-m", "benchmarks.refresh.fill", str(texts)]
        output = subprocess.run(command, env=site.env, check=True, stdout=subprocess.PIPE, text=True).stdout
        made.append(json.loads(output.split("made ", 1)[1]))
        site.manage(
            "policies", "set", "limits", *LIMITS, "accounts_per_address=1000", "--reason", "all from one address"
        )

    home = folder / "site"
    home.mkdir()
    variables = {
        "DATABASE_URL": database,
        "REDIS_URL": redis.url(),
        "DJANGO_SETTINGS_MODULE": "benchmarks.refresh.settings",
    }
    site = stack.enter_context(running_site(home, f"--workers={workers}", prepare=fill, **variables))
    return site, redis, made[0]


def measured(site: Site, steps: list[Step], rate: float) -> tuple[Played, Any]:
    """Return what came of the steps, and what was counted meanwhile."""
    before = counters(site)
    played = uvloop.run(Player(site.port, steps, rate=rate).play())
    after = counters(site)
    return played, {"before": before, "after": after}


def counters(site: Site) -> list[Any]:
    """Return the counters of each of the server's processes, in order."""
    workers = int(site.arguments[0].partition("=")[2])
    deadline, heard = time.monotonic() + HEARD_SECONDS, dict[int, Any]()
    while len(heard) < workers:
        assert time.monotonic() < deadline, f"{len(heard)} of {workers} processes answer."
        with urllib.request.urlopen(f"{site.url}/counters", timeout=30) as answer:
            told = json.load(answer)
        heard.setdefault(told["pid"], told)
    return [heard[pid] for pid in sorted(heard)]


def deployed(anew: tuple[Played, Any]) -> list[dict[str, Any]]:
    """Return the table's lines of the first seconds after a deployment."""
    played, counted = anew
    figures = [
        (f"hit rate of the first {ANEW:,} after a deployment", f"{rate_of_hits(tally_of(counted)):.2%}", ""),
        ("their hits, median and p99 (ms)", f"{percentile(played.hits, 50)} and {percentile(played.hits, 99)}", ""),
    ]
    return lines(figures)


def lines(figures: list[tuple[str, Any, str]]) -> list[dict[str, Any]]:
    """Return lines of the table."""
    return [{"what": what, "figure": figure, "promise": promise} for what, figure, promise in figures]


def tally_of(counted: Any) -> Any:
    """Return what was counted of pages of history, in all processes."""
    return added([growth(*pair)["namespaces"]["chat.history"] for pair in zip(*counted.values(), strict=True)])


def rate_of_hits(tally: Any) -> float:
    """Return the share of reads that some level answered."""
    hits = tally["l1"] + tally["l2"] + tally["l3"]
    return float(hits / max(1, hits + sum(tally["misses"].values())))


def rows(steps: list[Step], cached: tuple[Played, Any], uncached: tuple[Played, Any]) -> list[dict[str, Any]]:
    """Return the table: what, figure, promise."""
    (played, counted), (plain, recounted) = cached, uncached
    tally = tally_of(counted)
    queries = asked(counted) / len(steps)
    without = asked(recounted) / len(plain.reads + plain.writes)
    figures = [
        ("requests", f"{len(steps):,} in {played.seconds:.0f} s: {len(steps) / played.seconds:.0f}/s", "1,000/s"),
        ("hit rate of history", f"{rate_of_hits(tally):.2%}", "97%"),
        ("hits by level", f"L1 {tally['l1']:,}, L2 {tally['l2']:,}, L3 {tally['l3']:,}", ""),
        ("misses", ", ".join(f"{name} {number:,}" for name, number in tally["misses"].items() if number), ""),
        ("hits, median and p99 (ms)", f"{percentile(played.hits, 50)} and {percentile(played.hits, 99)}", "p99 < 10"),
        ("all reads, p99 (ms)", percentile(played.reads, 99), ""),
        ("writes, p99 (ms)", percentile(played.writes, 99), ""),
        ("queries a request", f"{queries:.2f}", ""),
        ("the same with every cache off", f"{without:.2f}", ""),
        ("queries, of those", f"{queries / without:.1%}", "5%"),
        ("stale reads", sum(age > ALLOWED_SECONDS for age in played.ages), "0"),
        ("reads older than the last answer to a writer, at most (ms)", older(played), "100 and the bus's delay"),
        ("failures", len(played.failures), "0"),
        ("memory of the processes (MB), at first", memory(counted["before"]), ""),
        ("memory of the processes (MB)", memory(counted["after"]), "180"),
    ]  # fmt: skip
    return lines(figures)


def asked(counted: Any) -> int:
    """Return how many queries all processes have sent."""
    return sum(growth(*pair)["queries"] for pair in zip(*counted.values(), strict=True))


def older(played: Played) -> str:
    """Return how many reads in another process came before the bus did, and how late at most."""
    return f"{len(played.ages)}, {max(played.ages, default=0) * 1000:.1f}"


def memory(processes: list[Any]) -> str:
    """Return the memory of each."""
    return ", ".join(str(one["rss_kb"] // 1024) for one in processes)


def added(trees: list[Any]) -> Any:
    """Return the sums of the numbers in trees of one shape."""
    if not isinstance(trees[0], dict):
        return sum(trees)
    return {name: added([tree[name] for tree in trees]) for name in trees[0]}


def growth(before: Any, after: Any) -> Any:
    """Return by how much each number has grown."""
    if not isinstance(after, dict):
        return after - before
    return {name: growth(before[name], value) for name, value in after.items()}


def percentile(seconds: list[float], which: int) -> str:
    """Return a percentile in milliseconds."""
    ordered = sorted(seconds)
    return f"{ordered[min(len(ordered) - 1, len(ordered) * which // 100)] * 1000:.1f}" if ordered else "none"


if __name__ == "__main__":
    main()
