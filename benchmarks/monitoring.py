"""What watching costs, per request, in one run: `.venv/bin/python -m benchmarks.monitoring`.

The same site with all of its watching, with none, and with django-prometheus and OpenTelemetry's instrumentation of
Django at 10% in its place, on our edge and in stock ASGI. Server CPU per request; rounds are interleaved, figures are
medians; what is added is the median of the differences within a round.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.edge import PROJECT, UVICORN, Server, load
from benchmarks.report import publish

SITE = "benchmarks.monitoring_site"
OURS = (*UVICORN, "--http=perfsite.head:Protocol", "--lifespan=on")
STOCK = (*UVICORN, "--lifespan=off", f"{SITE}.unwatched:stock")
UNWATCHED = (*OURS, f"{SITE}.unwatched:application")
PEERS = {"DJANGO_SETTINGS_MODULE": f"{SITE}.peers", "SAMPLED": "0.1"}
QUIET = {"DJANGO_SETTINGS_MODULE": f"{SITE}.quiet"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to serve the site, and the one it is compared with."""

    command: tuple[str, ...]
    env: dict[str, str]
    base: str = ""
    has_hits: bool = False


NOT_WATCHED, STOCK_NOT_WATCHED = "perfsite, not watched", "stock Django ASGI, not watched"
VARIANTS = {
    NOT_WATCHED: Variant(command=UNWATCHED, env=QUIET, has_hits=True),
    "perfsite, watched": Variant(
        command=(*OURS, "perfsite.asgi:application"),
        env={"DJANGO_SETTINGS_MODULE": f"{SITE}.settings"},
        base=NOT_WATCHED,
        has_hits=True,
    ),
    "perfsite, django-prometheus + OpenTelemetry 10%": Variant(command=UNWATCHED, env=PEERS, base=NOT_WATCHED),
    STOCK_NOT_WATCHED: Variant(command=STOCK, env=QUIET),
    "stock Django ASGI, django-prometheus + OpenTelemetry 10%": Variant(
        command=STOCK, env=PEERS, base=STOCK_NOT_WATCHED
    ),
}
PATHS = {"Django": "/history", "memory": "/api/conversations/{id}/messages?limit=50"}


def main() -> None:
    """Measure and report."""
    arguments = parsed()
    with prepared() as (env, cookie, conversation), ExitStack() as stack:
        servers: dict[str, Server] = {}
        for number, (name, variant) in enumerate(VARIANTS.items()):
            server = Server(variant.command, port=arguments.port + number, env=env | variant.env)
            stack.callback(server.stop)
            servers[name] = server
        for server in servers.values():
            server.wait()
        rows = [
            row
            for answered_by, path in PATHS.items()
            for row in measured(servers, answered_by, path.format(id=conversation), cookie, arguments)
        ]
    publish(
        "monitoring",
        "What watching costs",
        rows,
        packages=("django", "uvicorn", "django-prometheus", "opentelemetry-instrumentation-django"),
        notes=(
            f"Server CPU per request, medians of {arguments.rounds} interleaved rounds of {arguments.seconds} s with "
            "`wrk -t1 -c32` on the other core; added: the median of the differences within a round. Django: a view "
            "that reads 50 messages for a session. Memory: the page of history that is kept, answered before Django; "
            "what watches as middleware sees no such answer. `.venv/bin/python -m benchmarks.monitoring`"
        ),
    )


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--port", type=int, default=8961)
    return parser.parse_args()


@contextmanager
def prepared() -> Iterator[tuple[dict[str, str], str, str]]:
    """Yield the servers' environment, a session's cookie and a conversation's number, on a database of their own."""
    with tempfile.TemporaryDirectory(prefix="perfsite-bench-") as folder:
        env = {**os.environ, "DATA_DIR": folder, "HTTPS": "off", "DJANGO_SETTINGS_MODULE": f"{SITE}.settings"}
        for command in (("migrate", "--verbosity=0"), ("collectstatic", "--noinput", "--verbosity=0")):
            subprocess.run([sys.executable, "manage.py", *command], cwd=PROJECT, env=env, check=True)
        session = [sys.executable, "-m", f"{SITE}.session"]
        told = subprocess.run(session, cwd=PROJECT, env=env, check=True, capture_output=True, text=True).stdout.split()
        yield env, told[-2], told[-1]


def measured(
    servers: dict[str, Server], answered_by: str, path: str, cookie: str, arguments: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    """Yield a row for every variant that has such answers; the servers take turns in each round."""
    names = [name for name, variant in VARIANTS.items() if variant.has_hits or answered_by == "Django"]
    figures: dict[str, list[tuple[float, ...]]] = {name: [] for name in names}
    for _ in range(arguments.rounds):
        for name in names:
            figures[name].append(load(servers[name], path, cookie, arguments.seconds))
    for name in names:
        rate, cpu, p50, p99 = (median(column) for column in zip(*figures[name], strict=True))
        yield {
            "answered by": answered_by,
            "served by": name,
            "requests/s": f"{rate:,.0f}",
            "CPU, µs": f"{cpu:,.1f}",
            "added, µs": added(figures, name),
            "p50, ms": f"{p50:.2f}",
            "p99, ms": f"{p99:.2f}",
        }


def added(figures: dict[str, list[tuple[float, ...]]], name: str) -> str:
    """Return what a variant takes more than the one it is compared with."""
    base = VARIANTS[name].base
    if not base:
        return ""
    return f"{median(ours[1] - theirs[1] for ours, theirs in zip(figures[name], figures[base], strict=True)):+,.1f}"


if __name__ == "__main__":
    main()
