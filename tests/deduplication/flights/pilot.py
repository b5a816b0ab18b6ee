"""A process that runs shared work on command: python -m tests.deduplication.flights.pilot.

Reads lines `KEY SECONDS` from its input and calls with each in a thread of its own; prints `begun KEY`, `ended KEY` for
executions and `KEY RESULT MONOTONIC` for calls. `guarantee` prints whether it is lost; the end of the input ends it.
"""

import os
import sys
import threading
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")


def main() -> None:
    import django

    django.setup()
    from apps.backplane.current import stop_bus
    from apps.deduplication.flights.current import stop_table, table
    from apps.deduplication.flights.scope import Scope

    scope = Scope(name="pilot", title="Pilot")
    table()
    say("ready")
    for line in sys.stdin:
        match line.split():
            case ["guarantee"]:
                say(f"guarantee {'lost' if table().guarantee.is_lost else 'holds'}")
            case ["forget", key]:
                scope.forget(key)
                say("forgot")
            case [key, seconds]:
                threading.Thread(target=call, args=(scope, key, float(seconds)), daemon=True).start()
    executions = table().ring.take(ended_before_ns=time.monotonic_ns())
    for one in executions:
        say(f"execution {one.digest} {one.started_ns} {one.ended_ns} {int(one.is_alone)}")
    stop_table()
    stop_bus()


def call(scope: object, key: str, seconds: float) -> None:
    def work() -> bytes:
        say(f"begun {key}")
        time.sleep(seconds)
        say(f"ended {key}")
        return f"{os.getpid()}:{key}".encode()

    try:
        result = scope.run(key, work).decode()  # type: ignore[attr-defined]
    except Exception as error:  # noqa: BLE001  (told to the test)
        result = type(error).__name__
    say(f"result {key} {result} {time.monotonic()}")


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


if __name__ == "__main__":
    main()
