"""The first minute after a flush, with and without warming: the same reads by Zipf's law, replayed without waiting."""

import random
from typing import Any

from benchmarks.caching import say

CONVERSATIONS, READS_BEFORE, READS_A_MINUTE, TOP = 1_000, 4_000, 1_500, 500
LOADER = "benchmarks.caching_warming.load"


def load(key: Any) -> bytes:
    """Load a page by its key."""
    return b"page %d" % key[0]


def first_minute(flush: Any) -> None:
    """Print the hit rates. `flush` empties the store."""
    from apps.caching.namespace import Namespace
    from apps.caching.warming.ranking import write
    from apps.caching.warming.warm import warm

    namespace: Any = Namespace("bench.warm", title="Bench", value=bytes, tags=lambda key: (f"w:{key[0]}",), warm=LOADER)
    draw = random.Random(7)
    replay(namespace, keys(draw, READS_BEFORE))
    write()
    reads = keys(draw, READS_A_MINUTE)
    forget(namespace, flush)
    say("hit rate in the first minute after a flush, cold", replay(namespace, reads), "%")
    forget(namespace, flush)
    warm(namespace="bench.warm", top=TOP)
    namespace.shelf.clear()
    say(f"the same, the {TOP:,} hottest of {CONVERSATIONS:,} warmed before", replay(namespace, reads), "%")


def keys(draw: random.Random, count: int) -> list[int]:
    weights = [1 / rank for rank in range(1, CONVERSATIONS + 1)]
    return draw.choices(range(CONVERSATIONS), weights, k=count)


def forget(namespace: Any, flush: Any) -> None:
    flush()
    namespace.shelf.clear()


def replay(namespace: Any, numbers: list[int]) -> float:
    """Return the percentage of the reads that needed no load."""
    before = namespace.tally.loads
    for number in numbers:
        namespace.get_or_load((number,), lambda number=number: load((number,)))
    return 100 * (1 - (namespace.tally.loads - before) / len(numbers))
