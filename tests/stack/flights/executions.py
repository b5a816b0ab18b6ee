"""What ran: by the views' own notes, and by the auditor's."""

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass

from tests.servers.deadline import eventually
from tests.servers.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One event of a view."""

    event: str
    pid: int
    at: float


def noted(site: Site, name: str) -> list[Execution]:
    """Return what the views noted under the name."""
    file = site.data_dir / f"{name}.executions"
    lines = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
    return [Execution(event=event, pid=int(pid), at=float(at)) for event, pid, at in lines]


def begun(site: Site, name: str) -> list[int]:
    """Return the processes that began to run it."""
    return [one.pid for one in noted(site, name) if one.event == "begin"]


def release(site: Site, name: str) -> None:
    """Let the views end that wait under the name."""
    (site.data_dir / f"{name}.released").touch()


def in_order(site: Site, name: str) -> list[str]:
    """Return what happened under the name, by the clock that the processes share."""
    return [one.event for one in sorted(noted(site, name), key=lambda one: one.at)]


def verdicts(site: Site, *, least: int = 1) -> Counter[str]:
    """Return how many executions the auditor found to be what, once it has judged all, and so many. Blocks."""
    eventually(lambda: is_judged(rows(site), least), what="a judgement of all executions", seconds=40)
    return Counter(verdict for verdict, _ in rows(site))


def is_judged(found: list[tuple[str, bool]], least: int) -> bool:
    """Return whether all are judged, and there are enough."""
    return len(found) >= least and all(is_judged for _, is_judged in found)


def rows(site: Site) -> list[tuple[str, bool]]:
    """Return each execution's verdict, and whether it is final."""
    query = "SELECT verdict, is_judged FROM deduplication_flightexecution WHERE token != ''"
    with closing(sqlite3.connect(site.data_dir / "perfsite.sqlite3", timeout=10)) as database:
        return list(database.execute(query))
