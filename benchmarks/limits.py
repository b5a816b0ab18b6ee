"""What limits cost a read: account and address counted, and the answer telling so, above a view that does nothing.

python -m benchmarks.limits: in one process without Redis, then with a private one.
"""

import os
import subprocess
import sys
import tempfile
import time
from typing import Any

PACKAGES = ("django", "redis")
READS, RUNS = 5_000, 7
NOTES = (
    "µs of this process's CPU per request, best of seven runs of 5,000. With Redis the reads take a lease of 3,000 and "
    "150,000 tokens at a time; the last row asks Redis each time, as messages, searches and imports do."
)


def main() -> None:
    """Measure in processes of their own and publish."""
    if os.environ.get("BENCHMARK_ROLE"):
        measure()
        return
    from benchmarks.report import publish
    from tests.servers.redis import running_redis

    with tempfile.TemporaryDirectory() as folder, running_redis() as redis:
        alone = measured(DATA_DIR=folder)
        shared = measured(DATA_DIR=folder, REDIS_URL=redis.url())
    rows = [
        {"": "a read: address and account, both header fields", "embedded": alone[0], "with Redis": shared[0]},
        {"": "one more limit, exact", "embedded": alone[1], "with Redis": shared[1]},
    ]
    publish("limits", "Limits: what they cost a request", rows, packages=PACKAGES, notes=NOTES)


def measured(**variables: str) -> list[str]:
    """Return the figures of one process in this environment."""
    env = {**os.environ, **variables, "BENCHMARK_ROLE": "measure", "DJANGO_SETTINGS_MODULE": "perfsite.settings"}
    command = [sys.executable, "-m", "benchmarks.limits"]
    return subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout.split()


def measure() -> None:
    """Print the two figures."""
    import django

    django.setup()
    from django.http import HttpResponse
    from django.test import RequestFactory

    from apps.chat.callers import admit_account, admit_address, telling
    from apps.resilience.limits.current import limiter
    from apps.resilience.limits.rate import exact
    from apps.resilience.pipeline import pipeline
    from tests.tuning.obeying import obeying

    request, response = RequestFactory().get("/api/conversations"), HttpResponse()

    @telling
    def read(request: Any) -> HttpResponse:
        admit_address(request)
        admit_account(request, 7)
        return response

    often = exact(10**9, 60)
    with obeying(pipeline("redis_limits").handle, attempt_seconds=1.0):  # a busy machine is no lost Redis
        print(f"{fastest(lambda: read(request)):.1f}", f"{fastest(lambda: limiter().take('exact:7', often)):.1f}")


def fastest(run: Any) -> float:
    """Return the CPU of one call in microseconds: the best run."""
    found = []
    for _ in range(RUNS):
        began = time.process_time()
        for _ in range(READS):
            run()
        found.append((time.process_time() - began) / READS * 1_000_000)
    return min(found)


if __name__ == "__main__":
    main()
