"""`manage.py warm_cache`: load what is asked for most, before anybody waits for it."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from apps.caching.exceptions import DeclarationError
from apps.caching.service import Caching
from apps.caching.warming.warm import CONCURRENCY, SECONDS_MAX, TOP, Run, Warmed, warm


class Command(BaseCommand):
    """Hottest first; beginning again goes on where the last run ended."""

    help = "Load the keys that are asked for most into the cache, after a deployment or a flush."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the bounds."""
        parser.add_argument("--namespace", default="", help="one namespace (all that can load by key)")
        parser.add_argument("--top", type=above(int), default=TOP, help=f"how many keys ({TOP:,})")
        parser.add_argument(
            "--concurrency", type=above(int), default=CONCURRENCY, help=f"loads at a time ({CONCURRENCY})"
        )
        parser.add_argument(
            "--max-seconds", type=above(float), default=SECONDS_MAX, help=f"then it ends ({SECONDS_MAX:g})"
        )

    def handle(self, *_: Any, namespace: str, top: int, concurrency: int, max_seconds: float, **__: Any) -> None:
        """Warm, and say what was done; raise CommandError in one line."""
        caching = Caching()
        caching.start()
        try:
            with tqdm(unit="key", disable=not sys.stderr.isatty()) as bar:
                run = warm(
                    namespace=namespace,
                    top=top,
                    concurrency=concurrency,
                    max_seconds=max_seconds,
                    report=lambda done, of: shown(bar, done, of),
                )
        except DeclarationError as error:
            raise CommandError(f"--namespace: {error}") from None
        finally:
            caching.stop()
        self.stdout.write(summary(run))


def shown(bar: Any, done: int, of: int) -> None:
    """Move the progress bar."""
    bar.total = of
    bar.update(done - bar.n)


def summary(run: Run) -> str:
    """Return what a run did, in one line."""
    words = [f"{run.counts[outcome]:,} {outcome}" for outcome in Warmed]
    return f"{', '.join(words)}, {run.left:,} left."


def above(kind: Callable[[str], float]) -> Callable[[str], float]:
    """Return a reader of numbers above 0."""

    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = 0
        if not value > 0:
            raise ArgumentTypeError(f"{text!r} is no number above 0.")
        return value

    return read
