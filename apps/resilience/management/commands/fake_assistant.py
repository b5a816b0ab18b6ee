"""An OpenAI-compatible endpoint on this machine, with faults on demand, for drills and trials."""

import asyncio
import signal
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand

from apps.resilience.drill.server import FakeAssistant
from apps.resilience.drill.upset import Upset

HOST = "127.0.0.1"


class Command(BaseCommand):
    """Serves until it is interrupted."""

    help = "Serve an OpenAI-compatible endpoint with faults on demand: set ASSISTANT_BASE_URL to what it prints."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the port and the faults."""
        parser.add_argument("--port", type=int, default=8081, help="port on 127.0.0.1; 0 takes a free one")
        parser.add_argument("--latency-ms", type=amount, default=0.0, help="before the first word")
        parser.add_argument("--error-rate", type=share, default=0.0, help="share of requests answered by a 500")
        parser.add_argument("--hang-rate", type=share, default=0.0, help="share that is never answered")
        parser.add_argument("--cut-rate", type=share, default=0.0, help="share of streams that break off")
        parser.add_argument("--rate-limit", type=amount, default=0.0, help="requests a second; more get a 429")
        parser.add_argument("--seed", type=int, default=0, help="the same seed, the same faults and replies")

    def handle(self, *_: Any, port: int, seed: int, **options: Any) -> None:
        """Serve."""
        upset = Upset(**{name: options[name] for name in Upset.__slots__})
        asyncio.run(self.serve(FakeAssistant(upset, seed=seed), port))
        self.stdout.write("The fake assistant ends.")

    async def serve(self, fake: FakeAssistant, port: int) -> None:
        """Listen and say where, until a signal comes. The loop hears it, whichever thread the system gives it to."""
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        server = await fake.serve(host=HOST, port=port)
        taken = server.sockets[0].getsockname()[1]
        self.stdout.write(f"ASSISTANT_BASE_URL=http://{HOST}:{taken}/v1")
        self.stdout.flush()
        async with server:
            await stopped.wait()


def share(text: str) -> float:
    """Return a number from 0 to 1."""
    value = amount(text)
    if value > 1:
        raise ArgumentTypeError(f"{text!r} is no share: a number from 0 to 1 is.")
    return value


def amount(text: str) -> float:
    """Return a number of 0 or more."""
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not value >= 0:
        raise ArgumentTypeError(f"{text!r} is no number of 0 or more.")
    return value
