"""A dependency that hangs under 2,000 calls a second: what others in the process notice, and what piles up.

python -m benchmarks.hung [SECONDS], three turns of so many seconds (10). Servers and the process under test have a core
each; calls begin at their times whatever became of those before them, so a stall is seen by all who come during it.
"""

import asyncio
import logging
import multiprocessing
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import psutil

PACKAGES = ("django", "uvloop")
CALLS_PER_SECOND, OTHERS_PER_SECOND, TICK_SECONDS = 2_000, 200, 0.005
LOOKS_PER_SECOND, WARM_SECONDS = 5, 1.0
ANSWER_BYTES = 2
NOTES = (
    "One process on one event loop. Each turn offers 2,000 calls a second to the dependency, by its pipeline, and 200 "
    "to another one that is well, by one of its own; a call is a new connection, a line there and one back. In the "
    "first turn nobody calls the dependency, in the second it accepts and says nothing (a call may take 2 s), in the "
    "third it is well. The pipeline has the assistant's places and breaker. p99: of the other dependency's calls, from "
    "the moment at which each was due."
)
Call = Callable[[], Awaitable[Any]]


def serve(ports: Any) -> None:
    """Serve in a process of its own: one that answers, and one that never does."""
    asyncio.run(_serve(ports))


async def _serve(ports: Any) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"ok")
        writer.close()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    servers = [await asyncio.start_server(one, "127.0.0.1", 0, backlog=4096) for one in (answer, hang)]
    ports.put([server.sockets[0].getsockname()[1] for server in servers])
    await asyncio.gather(*(server.serve_forever() for server in servers))


def asking(port: int) -> Call:
    """Return a call to one of the servers."""

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(b"?\n")
            return await reader.readexactly(ANSWER_BYTES)
        finally:
            writer.close()

    return ask


class Turn:
    """Offers calls for some seconds, and keeps how they ended and what there was of sockets and threads."""

    def __init__(self, name: str, seconds: float) -> None:
        self.name, self._seconds, self._me = name, seconds, psutil.Process()
        self.waits: list[float] = []
        self.ended: Counter[str] = Counter()
        self.sockets = self.threads = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, offered: Call | None, other: Call) -> None:
        """Begin what is due, tick by tick."""
        begin = time.perf_counter()
        offers = others = looks = 0
        while (passed := time.perf_counter() - begin) < self._seconds:
            while offered and offers < passed * CALLS_PER_SECOND:
                self._begin(self._offer(offered))
                offers += 1
            while others < passed * OTHERS_PER_SECOND:
                self._begin(self._measure(other, begin + others / OTHERS_PER_SECOND))
                others += 1
            if looks < passed * LOOKS_PER_SECOND:
                looks += 1
                self.sockets = max(self.sockets, self._me.num_fds())
                self.threads = max(self.threads, threading.active_count())
            await asyncio.sleep(TICK_SECONDS)
        await asyncio.gather(*self._tasks)

    def row(self, usual: float) -> dict[str, Any]:
        """Return what it came to; `usual` is the p99 to compare with."""
        ended = ", ".join(f"{count:,} {how}" for how, count in self.ended.most_common()) or "none"
        return {
            "the dependency": self.name,
            "p50 of others": f"{self.percentile(0.5) * 1000:.2f} ms",
            "p99 of others": f"{self.percentile(0.99) * 1000:.2f} ms",
            "moved": f"{(self.percentile(0.99) / usual - 1) * 100:+.0f}%",
            "open files, most": self.sockets,
            "threads, most": self.threads,
            "its calls": ended,
        }

    def percentile(self, share: float) -> float:
        """Return a percentile of the other dependency's waits, in seconds."""
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    def _begin(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _offer(self, call: Call) -> None:
        try:
            await call()
        except Exception as error:  # noqa: BLE001  (how it ended is what is counted)
            self.ended[type(error).__name__] += 1
        else:
            self.ended["answered"] += 1

    async def _measure(self, call: Call, due: float) -> None:
        await call()
        self.waits.append(time.perf_counter() - due)


async def turns(answering: int, hanging: int, seconds: float) -> list[Turn]:
    """Return the three turns, run."""
    from apps.resilience.pipeline import declare_dependency, pipeline

    declare_dependency("other", title="what is well", attempts=1)
    await Turn("warm", WARM_SECONDS).run(None, asking(answering))
    made = []
    for name, port in (("is not called", 0), ("hangs", hanging), ("is well", answering)):
        key = name.replace(" ", "_")
        declare_dependency(
            key, title=name, attempts=1, deadline_seconds=10.0, attempt_seconds=2.0, slow_seconds=1.5,
            places_at_start=256, places_most=1024, queue_calls=64,
        )  # fmt: skip
        turn = Turn(name, seconds)
        way, other = pipeline(key), pipeline("other")
        offered, asked = asking(port), asking(answering)
        await turn.run(
            (lambda way=way, offered=offered: way.call_async(offered)) if port else None,  # type: ignore[misc]
            lambda other=other, asked=asked: other.call_async(asked),  # type: ignore[misc]
        )
        made.append(turn)
    return made


def main() -> None:
    """Measure and publish."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")
    os.environ.setdefault("DEBUG", "on")
    import django
    import uvloop

    context = multiprocessing.get_context("spawn")
    ports = context.Queue()
    server = context.Process(target=serve, args=(ports,), daemon=True)
    server.start()
    django.setup()
    logging.disable()
    from benchmarks.report import publish

    made = uvloop.run(turns(*ports.get(), seconds))
    server.terminate()
    usual = made[0].percentile(0.99)
    publish("hung", "A dependency that hangs", [turn.row(usual) for turn in made], packages=PACKAGES, notes=NOTES)


if __name__ == "__main__":
    main()
