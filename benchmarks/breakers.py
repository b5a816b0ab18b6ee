"""What protection costs: our breaker and pipeline beside pybreaker, tenacity and stamina, in one run.

python -m benchmarks.breakers: microseconds of processor time that a call costs more than made directly, the best of
many short turns, all subjects taking turns; then calls a second of 16 threads. Takes half a minute.
"""

import logging
import os
import time
import timeit
from collections.abc import Awaitable, Callable
from threading import Thread
from typing import Any

PACKAGES = ("pybreaker", "tenacity", "stamina", "uvloop", "django")
TURNS, CALLS, ASYNC_CALLS = 25, 10_000, 5_000
THREADS, PAUSE_SECONDS, THREAD_CALLS = 16, 0.005, 40
NOTES = (
    "Cost: processor time above a direct call. A rejection includes raising and catching its error. Pipelines have "
    "their defaults: deadline, bulkhead, breaker, attempt timeout; `idempotent` adds the retry with its budget. "
    "Coroutines run on uvloop, as on the server. Threads: 16 of them, each call sleeps 5 ms; one at a time would be "
    "200 calls/s. interlock, the other breaker with shared state, is not on PyPI."
)
Subject = tuple[str, str, Callable[[], Any]]


def nothing() -> None:
    """Be called."""


async def nothing_async() -> None:
    """Be awaited."""


def subjects() -> list[Subject]:
    """Return group, name and call of everything measured."""
    import pybreaker
    import stamina
    import tenacity

    from apps.resilience.breaker import Breaker, Rules
    from apps.resilience.breaker.rules import Judge
    from apps.resilience.pipeline import pipeline

    ours, theirs = Breaker("bench"), pybreaker.CircuitBreaker()
    learned = Breaker("learned", Rules(judge=Judge.ADAPTIVE))
    open_ours, open_theirs = Breaker("open"), pybreaker.CircuitBreaker()
    open_ours.open()
    open_theirs.open()
    retrying = tenacity.Retrying(stop=tenacity.stop_after_attempt(3), wait=tenacity.wait_random_exponential(max=1))
    caller = stamina.RetryingCaller(attempts=3).on(ValueError)
    way = pipeline("assistant")
    return [
        ("breaker, closed", "perfsite", lambda: ours.call(nothing)),
        ("breaker, closed", "perfsite, learned thresholds", lambda: learned.call(nothing)),
        ("breaker, closed", "pybreaker", lambda: theirs.call(nothing)),
        ("breaker, open: rejection", "perfsite", lambda: rejected(open_ours.call, pybreaker.CircuitBreakerError)),
        ("breaker, open: rejection", "pybreaker", lambda: rejected(open_theirs.call, pybreaker.CircuitBreakerError)),
        ("retry, no fault", "tenacity", lambda: retrying(nothing)),
        ("retry, no fault", "stamina", lambda: caller(nothing)),
        ("pipeline, no fault", "perfsite", lambda: way.call(nothing)),
        ("pipeline, no fault", "perfsite, idempotent", lambda: way.idempotent.call(nothing)),
        ("pipeline, no fault", "tenacity around pybreaker", lambda: retrying(theirs.call, nothing)),
    ]


def rejected(call: Callable[..., Any], error: type[Exception]) -> None:
    """Have a call rejected."""
    try:
        call(nothing)
    except error:
        return


def costs(measured: list[Subject]) -> list[dict[str, Any]]:
    """Return the cost of each, in turns, so that a busy moment hits all alike."""
    best = dict.fromkeys(range(len(measured)), float("inf"))
    direct = float("inf")
    for _ in range(TURNS):
        direct = min(direct, turn(lambda: nothing()))  # noqa: PLW0108  (as deep as the others)
        for number, (_, _, call) in enumerate(measured):
            best[number] = min(best[number], turn(call))
    return [
        {"what": group, "by": name, "cost": f"{best[number] - direct:.2f} µs"}
        for number, (group, name, _) in enumerate(measured)
    ]


def turn(call: Callable[[], Any]) -> float:
    """Return the microseconds of a call."""
    return timeit.timeit(call, number=CALLS, timer=time.process_time) / CALLS * 1e6


async def async_costs() -> list[dict[str, Any]]:
    """Return what coroutines pay."""
    from apps.resilience.pipeline import pipeline

    way = pipeline("assistant")
    ways: dict[str, Callable[[], Awaitable[Any]]] = {
        "direct": nothing_async,
        "breaker, closed (async)": lambda: way.breaker.call_async(nothing_async),
        "pipeline, no fault (async)": lambda: way.call_async(nothing_async),
        "pipeline, no fault (async, idempotent)": lambda: way.idempotent.call_async(nothing_async),
    }
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(TURNS):
        for name, call in ways.items():
            begin = time.process_time()
            for _ in range(ASYNC_CALLS):
                await call()
            best[name] = min(best[name], (time.process_time() - begin) / ASYNC_CALLS * 1e6)
    direct = best.pop("direct")
    return [{"what": name, "by": "perfsite", "cost": f"{cost - direct:.2f} µs"} for name, cost in best.items()]


def threaded(call: Callable[..., Any]) -> float:
    """Return the calls a second of many threads whose calls wait."""

    def work() -> None:
        for _ in range(THREAD_CALLS):
            call(time.sleep, PAUSE_SECONDS)

    threads = [Thread(target=work) for _ in range(THREADS)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return THREADS * THREAD_CALLS / (time.perf_counter() - begin)


def thread_rows() -> list[dict[str, Any]]:
    """Return how breakers let threads run side by side."""
    import pybreaker

    from apps.resilience.breaker import Breaker

    rates = {"perfsite": threaded(Breaker("threads").call), "pybreaker": threaded(pybreaker.CircuitBreaker().call)}
    return [{"what": "16 threads", "by": name, "cost": f"{rate:,.0f} calls/s"} for name, rate in rates.items()]


def main() -> None:
    """Measure and publish."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")
    os.environ.setdefault("DEBUG", "on")
    import django
    import uvloop

    django.setup()
    logging.disable()
    from benchmarks.report import publish

    rows = [*costs(subjects()), *uvloop.run(async_costs()), *thread_rows()]
    publish("breakers", "What protection costs", rows, packages=PACKAGES, notes=NOTES)


if __name__ == "__main__":
    main()
