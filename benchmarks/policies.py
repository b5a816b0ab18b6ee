"""What a policy costs: a read, a change, and the time from its commit to its effect in another process.

python -m benchmarks.policies [CHANGES]: reads in one process; changes (200) on a private Postgres and a private Redis,
with a second process that follows and notes when each one acts.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from contextlib import ExitStack
from typing import Any

PACKAGES = ("django", "psycopg", "redis")
READS = 2_000_000
NOTES = (
    "Reads: best of five runs of two million, the measuring loop included. Commit to effect: from the commit in one "
    "process to `policy_changed` in another, by the clock they share; 20 changes a second at most."
)


def main() -> None:
    """Measure in processes of their own and publish."""
    role = os.environ.get("BENCHMARK_ROLE")
    if role == "follower":
        follow_and_note()
    elif role == "writer":
        write(int(sys.argv[1]))
    else:
        report(int(sys.argv[1]) if len(sys.argv) > 1 else 200)


def report(changes: int) -> None:
    """Start the servers and both processes, then publish."""
    from benchmarks.report import publish
    from tests.servers.postgres import running_postgres
    from tests.servers.redis import running_redis

    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = stack.enter_context(stack.enter_context(running_postgres()).database())
        redis = stack.enter_context(running_redis())
        env = {**os.environ, "DATA_DIR": folder, "DATABASE_URL": url, "REDIS_URL": redis.url()}
        rows = measured(env, changes)
    publish("policies", "Policies: reading, changing, following", rows, packages=PACKAGES, notes=NOTES)


def measured(env: dict[str, str], changes: int) -> list[dict[str, Any]]:
    """Return the rows of the table."""
    command = [sys.executable, "-m", "benchmarks.policies", str(changes)]
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], env=env, check=True)
    pipe = {"stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env={**env, "BENCHMARK_ROLE": "follower"}, stdin=subprocess.PIPE, **pipe) as other:  # type: ignore[call-overload]
        assert other.stdout.readline() == "ready\n"
        writer = subprocess.run(command, env={**env, "BENCHMARK_ROLE": "writer"}, check=True, **pipe)  # type: ignore[call-overload]
        other.stdin.close()
        acted = [(int(number), float(at)) for number, at in map(str.split, other.stdout)]
    read, *lines = writer.stdout.splitlines()
    spent, committed = zip(*((float(line.split()[1]), line.split()) for line in lines), strict=True)
    delays = [min(seen for later, seen in acted if later >= int(number)) - float(at) for number, _, at in committed]
    return [
        row("read `chat.current.page_size`", [float(read)], "µs", "≤ 0.1"),
        row("change, to its commit", [value * 1e3 for value in spent], "ms", ""),
        row("commit to effect in another process", [value * 1e3 for value in delays], "ms", "p99 ≤ 200"),
    ]


def row(what: str, values: list[float], unit: str, promise: str) -> dict[str, Any]:
    """Return one row: median, 99th percentile and worst."""
    ordered = sorted(values)
    worst = {"p99": ordered[int(len(ordered) * 0.99)], "max": ordered[-1]} if len(ordered) > 1 else {}
    shown = {name: f"{worst[name]:.3g}" if worst else "" for name in ("p99", "max")}
    return {"what": what, "unit": unit, "median": f"{statistics.median(ordered):.3g}", **shown, "promise": promise}


def write(changes: int) -> None:
    """Print what a read costs, then for each change its number, its seconds and when its commit returned."""
    set_up()
    from django.db import transaction

    from apps.chat.policy import chat
    from apps.tuning.actor import SYSTEM
    from apps.tuning.current import refresh
    from apps.tuning.services.changes import change_policy

    refresh()
    names = {"chat": chat}
    read = min(timeit.repeat("chat.current.page_size", globals=names, number=READS, repeat=5))
    print(read / READS * 1e6)
    for number in range(changes):
        begin = time.time()
        changes_of = {"page_size": number % 2 + 1}
        done: list[float] = []
        with transaction.atomic():
            transaction.on_commit(lambda done=done: done.append(time.time()))  # type: ignore[misc]
            changed = change_policy(name="chat", changes=changes_of, actor=SYSTEM, reason="benchmark")
        print(changed.number, done[0] - begin, done[0])
        time.sleep(0.05)


def follow_and_note() -> None:
    """Print when each change acts here, until the input ends."""
    set_up()
    from apps.chat.policy import chat
    from apps.tuning.following import follow, stop_following
    from apps.tuning.signals import policy_changed

    acted: dict[int, float] = {}

    def note(**_: Any) -> None:
        acted[chat.state.number] = time.time()

    policy_changed.connect(note)
    follow()
    print("ready", flush=True)
    sys.stdin.read()
    stop_following()
    for number, at in acted.items():
        print(number, at)


def set_up() -> None:
    """Load Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")
    import django

    django.setup()


if __name__ == "__main__":
    main()
