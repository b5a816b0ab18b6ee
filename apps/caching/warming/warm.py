"""Load the keys that are asked for most before anybody waits for them: after a deployment, after a flush.

What is there already is left as it is, so a run that was ended goes on where it stopped when it is begun again.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from threading import Event
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from django.utils.module_loading import import_string

from apps.caching.exceptions import DeclarationError
from apps.caching.namespace import Namespace, namespaces
from apps.caching.reading import OUTAGES
from apps.caching.warming.heat import unnoted
from apps.caching.warming.ranking import RankedKey, forget, hottest

TOP, CONCURRENCY, SECONDS_MAX = 5_000, 4, 60.0
CONNECTIONS_LEFT = 2  # for whoever is served meanwhile
Report = Callable[[int, int], None]  # how many are done, of how many


class Warmed(StrEnum):
    """What became of a key."""

    LOADED = "loaded"
    THERE = "there already"
    GONE = "gone"  # nothing can be loaded for it any more
    OUTAGE = "put off"  # the loader's dependency is away, or its breaker open


@dataclass(slots=True, kw_only=True)
class Run:
    """What a run did; `left` are keys that it did not come to."""

    counts: Counter[Warmed] = field(default_factory=Counter)
    left: int = 0


def warm(
    *,
    namespace: str = "",
    top: int = TOP,
    concurrency: int = CONCURRENCY,
    max_seconds: float = SECONDS_MAX,
    report: Report | None = None,
) -> Run:
    """Load the hottest keys that the store does not have, hottest first. Blocks until done, or for the time.

    Uses no more threads than the database has connections to spare, and ends at the first loader whose dependency
    is away. Raises DeclarationError for a namespace that cannot load by key.
    """
    loaders = loaders_of(namespace)
    keys = [key for key in hottest(namespace=namespace, top=top) if key.key is not None and key.namespace in loaders]
    threads = max(1, min(concurrency, settings.DATABASE_CONNECTION_LIMIT - CONNECTIONS_LEFT))
    run, until, stopping = Run(), time.monotonic() + max_seconds, Event()
    with ThreadPoolExecutor(threads, thread_name_prefix="warming") as pool:
        waiting = ((key, *loaders[key.namespace]) for key in keys)
        for outcome in _outcomes(pool, waiting, threads, lambda: stopping.is_set() or time.monotonic() > until):
            run.counts[outcome] += 1
            if report is not None:
                report(run.counts.total(), len(keys))
            if outcome is Warmed.OUTAGE:
                stopping.set()
    run.left = len(keys) - run.counts.total()
    return run


def loaders_of(name: str) -> dict[str, tuple[Namespace[Any], Callable[[Any], Any]]]:
    """Return the namespaces that can load by key, with how; raise DeclarationError where the named one cannot."""
    found = {one.name: (one, import_string(one.warm)) for one in namespaces() if one.warm}
    if not name:
        return found
    if name not in found:
        raise DeclarationError(f"{name!r} cannot be warmed: {', '.join(found) or 'no namespace'} can.")
    return {name: found[name]}


Job = tuple[RankedKey, Namespace[Any], Callable[[Any], Any]]


def _outcomes(
    pool: ThreadPoolExecutor, jobs: Iterator[Job], threads: int, is_over: Callable[[], bool]
) -> Iterator[Warmed]:
    """Yield what became of each key, with no more of them under way than there are threads."""
    running: set[Future[Warmed]] = {pool.submit(_warmed, *job) for job in islice(jobs, threads)}
    while running:
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            yield future.result()
        if not is_over():
            running |= {pool.submit(_warmed, *job) for job in islice(jobs, len(done))}


def _warmed(ranked: RankedKey, namespace: Namespace[Any], load: Callable[[Any], Any]) -> Warmed:
    try:
        key = ranked.key or ()
        with unnoted():
            if namespace.get(key) is not None:
                return Warmed.THERE
            namespace.get_or_load(key, lambda: load(key))
    except OUTAGES:
        return Warmed.OUTAGE
    except Exception:  # noqa: BLE001  (the loader's answer, as for what was deleted: the key can come back)
        forget(ranked.digest)
        return Warmed.GONE
    else:
        return Warmed.LOADED
    finally:
        close_old_connections()
