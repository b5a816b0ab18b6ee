"""The history page, signed in, 50 messages of real text: python -m benchmarks.pages [--engine postgresql].

Each server has one worker, pinned to core 0; load and stores have core 1. Rounds are interleaved, figures are medians.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from benchmarks.pages import closed
from benchmarks.pages.ground import PACKAGES, Ground, prepared
from benchmarks.pages.subjects import BYTES, CACHED, NAIVE, SUBJECTS, Subject
from benchmarks.report import publish

SHARE = 0.7  # of what the closed loop reached: where latency is judged
START_SECONDS = 60
VERSIONS = ("django", "uvicorn", "granian", "django-redis", "orjson")


def main() -> None:
    """Measure and report."""
    os.sched_setaffinity(0, {1})  # and so the stores; each server is moved to core 0
    chosen = parsed()
    with prepared(engine=chosen.engine, port=chosen.port) as ground:
        present = [subject for subject in SUBJECTS if subject.server in ground.servers]
        headers = {subject.name: asked(subject, ground) for subject in present}
        figures = dict(rounds(present, headers, ground, chosen))
    name = "pages" if chosen.engine == "sqlite" else f"pages-{chosen.engine}"
    title = f"The history page and its peers ({chosen.engine})"
    publish(name, title, list(rows(figures)), packages=VERSIONS, notes=notes(ground, chosen))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--port", type=int, default=8951)
    return parser.parse_args()


def address(subject: Subject, ground: Ground) -> str:
    port = ground.servers[subject.server].port
    return f"http://127.0.0.1:{port}{subject.path.format(conversation=ground.conversation)}"


def asked(subject: Subject, ground: Ground) -> dict[str, str]:
    """Return the headers to ask with, once the server has answered the right page to them."""
    headers = {"Cookie": f"sessionid={ground.session}"}
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            request = urllib.request.Request(address(subject, ground), headers=headers)
            with urllib.request.urlopen(request, timeout=5) as response:
                check(subject, json.load(response), json.loads(ground.document))
                return headers | ({"If-None-Match": response.headers["ETag"]} if subject.is_conditional else {})
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise TimeoutError(f"{subject.name} does not answer.")


def check(subject: Subject, page: dict[str, Any], right: dict[str, Any]) -> None:
    """Raise ValueError for a page that is not the one all are to give; times may be written otherwise."""
    for given, wanted in zip(page["messages"], right["messages"], strict=True):
        if {**given, "created_at": ""} != {**wanted, "created_at": ""}:
            raise ValueError(f"{subject.name} answers {given}, not {wanted}")


def rounds(
    present: Sequence[Subject], headers: dict[str, dict[str, str]], ground: Ground, chosen: argparse.Namespace
) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield each subject's medians: first the closed loop in turns, then the open one in turns."""
    reached: dict[str, list[dict[str, float]]] = {subject.name: [] for subject in present}
    paced: dict[str, list[dict[str, float]]] = {subject.name: [] for subject in present}
    for _ in range(chosen.rounds):
        for subject in present:
            path = subject.path.format(conversation=ground.conversation)
            server = ground.servers[subject.server]
            one = closed.run(server, path, headers[subject.name], seconds=chosen.seconds)
            reached[subject.name].append(asdict(one))
    for _ in range(chosen.rounds):
        for subject in present:
            rate = SHARE * middle(reached[subject.name])["requests_per_second"]
            paced[subject.name].append(pace(address(subject, ground), headers[subject.name], rate, chosen.seconds))
    for subject in present:
        yield subject.name, middle(reached[subject.name]) | middle(paced[subject.name])


def pace(url: str, headers: dict[str, str], rate: float, seconds: int) -> dict[str, float]:
    fields = [f"{name}: {value}" for name, value in headers.items()]
    command = ["taskset", "-c", "1", sys.executable, "-m", "benchmarks.pages.openloop", url, str(rate), str(seconds)]
    told = subprocess.run([*command, *fields], check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(json.loads(told))


def middle(found: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: median(one[name] for one in found) for name in found[0]}


def rows(figures: dict[str, dict[str, float]]) -> Iterator[dict[str, Any]]:
    """Yield the table's lines."""
    for name, one in figures.items():
        rate = one["requests_per_second"]
        yield {
            "subject": name,
            "requests/s": f"{rate:,.0f}",
            **{
                f"of {short}": f"{rate / figures[of.name]['requests_per_second']:.2f}"
                for short, of in (("the bytes", BYTES), ("naive", NAIVE), ("cache_page", CACHED))
            },
            "server CPU, µs": f"{one['cpu_microseconds']:,.0f}",
            "of naive's": f"{one['cpu_microseconds'] / figures[NAIVE.name]['cpu_microseconds']:.2f}",
            "p50 / p99, ms": f"{one['p50_milliseconds']:.1f} / {one['p99_milliseconds']:.1f}",
            "open loop, requests/s": f"{one['rate']:,.0f}",
            "p50 / p99 / p99.9, ms": f"{one['p50']:.1f} / {one['p99']:.1f} / {one['p99.9']:.1f}",
            "generator: CPU, late at most": f"{one['load']:.0%}, {one['late']:.1f} ms",
        }


def notes(ground: Ground, chosen: argparse.Namespace) -> str:
    messages = len(json.loads(ground.document)["messages"])
    return (
        f"{messages} messages, {len(ground.document):,} bytes, the same from all. One worker on core 0; `wrk -t1 -c32`,"
        f" the open loop and the stores on core 1; medians of {chosen.rounds} interleaved rounds of {chosen.seconds} s."
        f" The open loop sends {SHARE:.0%} of what the closed one reached, on 64 connections, and counts from the"
        " moment a request was meant to go; the last column says what it needed itself."
        f" Node: {', '.join(PACKAGES)}. Load average at the end {os.getloadavg()[0]:.1f}."
    )


if __name__ == "__main__":
    main()
