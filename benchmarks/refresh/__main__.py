"""python -m benchmarks.refresh [REQUESTS] [REQUESTS A SECOND]: 60,000 and 1,000, ten minutes of 200 sessions in one.

200 sessions, 2,000 conversations of real text chosen by Zipf's law, 2% messages sent; the real server, one process, on
a private Postgres and Redis. Then a part of it again without the cache of history. TEXTS says where irc.csv and
coffee.jsonl.gz are; without them it says so and ends.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.refresh.client import Played, Player
from benchmarks.refresh.trace import Step, trace
from benchmarks.report import publish
from tests.servers.postgres import running_postgres
from tests.servers.redis import running_redis
from tests.servers.site import Site, running_site
from tests.servers.static import collected_static

REQUESTS, RATE, UNCACHED, UNCACHED_RATE, SEED, WRITES = 60_000, 1_000.0, 4_000, 200.0, 6, 0.02
LIMITS = ("messages_per_minute=100000", "reads_per_minute=1000000", "writes_per_minute=100000")
PACKAGES = ("django", "uvicorn", "psycopg", "redis", "msgspec")
NOTES = (
    "Times from when a request was due. A hit is expected where somebody has read the conversation since the last "
    "message in it. Queries are all that the process sends, also for sessions and people; the uncached run has the "
    "cache of history off. A read is stale if it was sent after a newer message had been answered."
)


def main() -> None:
    """Run and publish."""
    texts = Path(os.environ.get("TEXTS", ""))
    if not (texts / "irc.csv").exists() or not (texts / "coffee.jsonl.gz").exists():
        print("Left out: TEXTS does not name a folder with irc.csv and coffee.jsonl.gz.")
        return
    given = [float(word) for word in sys.argv[1:]]
    count, rate = (given + [REQUESTS, RATE][len(given) :])[:2]
    with ExitStack() as stack:
        site, made = prepared(stack, texts)
        steps = trace(made["sessions"], made["conversations"], count=int(count), writes=WRITES, seed=SEED)
        cached = measured(site, steps, rate)
        site.manage("policies", "set", "cache_chat_history", "is_enabled=false", "--reason", "to compare")
        uncached = measured(site, steps[:UNCACHED], UNCACHED_RATE)
    publish(
        "refresh",
        "Two hundred sessions refresh what they read",
        rows(steps, cached, uncached),
        packages=PACKAGES,
        notes=NOTES,
    )


def prepared(stack: ExitStack, texts: Path) -> tuple[Site, Any]:
    """Return a running site that is full, and what is in it."""
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
    site = stack.enter_context(running_site(home, prepare=fill, **variables))
    return site, made[0]


def measured(site: Site, steps: list[Step], rate: float) -> tuple[Played, Any]:
    """Return what came of the steps, and what was counted meanwhile."""
    before = counters(site)
    played = asyncio.run(Player(site.port, steps, rate=rate).play())
    after = counters(site)
    return played, {"before": before, "after": after}


def counters(site: Site) -> Any:
    """Return the server's counters."""
    with urllib.request.urlopen(f"{site.url}/counters", timeout=30) as answer:
        return json.load(answer)


def rows(steps: list[Step], cached: tuple[Played, Any], uncached: tuple[Played, Any]) -> list[dict[str, Any]]:
    """Return the table: what, figure, promise."""
    (played, counted), (plain, recounted) = cached, uncached
    tally = counted["after"]["namespaces"]["chat.history"]
    hits, misses = tally["l1"] + tally["l2"] + tally["l3"], sum(tally["misses"].values())
    first = sum(step.is_first for step in steps)
    queries = (counted["after"]["queries"] - counted["before"]["queries"]) / len(steps)
    without = (recounted["after"]["queries"] - recounted["before"]["queries"]) / len(plain.reads + plain.writes)
    figures = [
        ("requests", f"{len(steps):,} in {played.seconds:.0f} s: {len(steps) / played.seconds:.0f}/s", "1,000/s"),
        ("hit rate of history", f"{hits / max(1, hits + misses):.2%}", "97%"),
        ("the same, without the first read of each conversation", f"{hits / max(1, hits + misses - first):.2%}", ""),
        ("hits by level", f"L1 {tally['l1']:,}, L2 {tally['l2']:,}, L3 {tally['l3']:,}", ""),
        ("misses", ", ".join(f"{name} {number:,}" for name, number in tally["misses"].items() if number), ""),
        ("hits, median and p99 (ms)", f"{percentile(played.hits, 50)} and {percentile(played.hits, 99)}", "p99 < 10"),
        ("all reads, p99 (ms)", percentile(played.reads, 99), ""),
        ("writes, p99 (ms)", percentile(played.writes, 99), ""),
        ("queries a request", f"{queries:.2f}", ""),
        ("the same without the cache of history", f"{without:.2f}", ""),
        ("queries, of those", f"{queries / without:.1%}", "5%"),
        ("stale reads", len(played.ages), "0"),
        ("failures", len(played.failures), "0"),
        ("memory of the process (MB)", counted["after"]["rss_kb"] // 1024, "180"),
    ]  # fmt: skip
    return [{"what": what, "figure": figure, "promise": promise} for what, figure, promise in figures]


def percentile(seconds: list[float], which: int) -> str:
    """Return a percentile in milliseconds."""
    ordered = sorted(seconds)
    return f"{ordered[min(len(ordered) - 1, len(ordered) * which // 100)] * 1000:.1f}" if ordered else "none"


if __name__ == "__main__":
    main()
