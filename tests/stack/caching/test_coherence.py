"""Four processes read and write shared rows while they, Redis and the bus are broken: no read is older than it may be.

COHERENCE_SEED=… does the faults of a run again, in the same order and with the same pauses.
"""

import os
import secrets
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.process import ServerProcess
from tests.servers.site import PROJECT, clean_environment
from tests.soak import IS_SOAK, length
from tests.stack.caching.faults import Faults, breakable, plan
from tests.stack.caching.history import History, Violation, Window, bus_delay, history_of, is_broken, oldest, violations
from tests.stack.test_concurrent_senders import managed

ALL = ("failover", "die", "flush", "old", "mute", "kill", "clock", "empty", "cut")
SHORT = ("failover", "die", "flush")
DELAY_MAX_SECONDS = 2.0  # on a machine that does much else; the bound uses what was measured
PREPARE = """
from apps.chat.models import User
from apps.chat.services.conversations import create_conversation
user = User.objects.create_user("ann")
for number in range(10):
    create_conversation(user_id=user.pk, title=f"Row {number}")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run brought."""

    seed: str
    history: History
    windows: Sequence[Window]
    delay_seconds: float

    @property
    def calm_reads(self) -> int:
        """How many reads were judged by the short bound."""
        return sum(not is_broken(read.start, read.start, self.windows) for read in self.history.reads)

    def violations(self) -> list[Violation]:
        return violations(self.history, self.windows, delay_seconds=self.delay_seconds)

    def around(self, violation: Violation) -> str:
        """Return what happened to the row then, in order."""
        near = [
            one
            for one in (*self.history.reads, *self.history.writes)
            if one.row == violation.read.row and abs(one.end - violation.read.start) < 0.5
        ]
        windows = [one for one in self.windows if one.start - 1 <= violation.read.start <= one.end + 1]
        return "\n".join(map(str, [violation, *windows, *sorted(near, key=lambda one: one.start)]))

    def told(self) -> str:
        """Return its figures in a line."""
        levels = Counter(read.level for read in self.history.reads)
        broken = ", ".join(f"{one.fault} {one.end - one.start:.1f} s" for one in self.windows)
        return (
            f"seed {self.seed}: {len(self.history.reads)} reads {dict(levels)}, {len(self.history.writes)} writes, "
            f"{Counter(self.history.errors).most_common(5)} errors; bus at most {self.delay_seconds * 1000:.0f} ms; "
            f"{self.calm_reads} while nothing was broken; "
            f"oldest read {oldest(self.history) * 1000:.0f} ms; {broken}"
        )


def ran(folder: Path, database: str, *, faults: Sequence[str], rounds: int = 1, calm: float, fence: str = "on") -> Run:
    """Let it run and return what was noted; without the fence until something is found, or for a minute or so."""
    seed = os.environ.get("COHERENCE_SEED") or secrets.token_hex(4)
    print(f"COHERENCE_SEED={seed}")
    env = clean_environment(DATA_DIR=str(folder), DATABASE_URL=database, COHERENCE_FENCE=fence)
    managed(env, "shell", "--verbosity=0", "--command", PREPARE)
    with breakable(folder, seed) as breaking:
        env["REDIS_URL"] = f"redis://127.0.0.1:{breaking.proxy.port}/0"
        command = [sys.executable, "-m", "tests.stack.caching.program", str(folder), seed]
        program = ServerProcess(command, log=folder / "program.txt", env=env, cwd=PROJECT)
        try:
            breaking.all_well()
            for name in plan(faults, seed, rounds=rounds):
                breaking.calm(calm)
                breaking.happen(name)
            breaking.calm(calm)
            if fence == "off":
                found_within(lambda: noted(folder, seed, breaking.windows).violations(), breaking)
        finally:
            program.kill()
    print(program.log())
    return noted(folder, seed, breaking.windows)


def found_within(look: Callable[[], object], breaking: Faults, *, looks: int = 15) -> None:
    """Look now and then. Who looks computes in the proxy's process: without pauses everybody would wait for Redis."""
    while looks and not look():
        breaking.calm(5)
        looks -= 1


def noted(folder: Path, seed: str, windows: Sequence[Window]) -> Run:
    """Return what was noted so far."""
    history = history_of(folder)
    everything = [*windows, *history.losses]
    return Run(seed=seed, history=history, windows=everything, delay_seconds=bus_delay(history, windows))


@pytest.mark.soak
def test_no_read_is_older_than_it_may_be_whatever_breaks(migrated_url: str, tmp_path: Path) -> None:
    run = ran(
        tmp_path, migrated_url, faults=ALL if IS_SOAK else SHORT, rounds=length(10, short=1), calm=length(3, short=1)
    )
    print(run.told(), *map(run.around, run.violations()[:3]), sep="\n")
    assert run.violations() == []
    assert run.delay_seconds < DELAY_MAX_SECONDS
    assert len(run.history.reads) >= length(100_000, short=1_000)
    assert run.calm_reads >= length(10_000, short=100)
    assert {"L1", "L2", "L3", "load", "page"} <= {read.level for read in run.history.reads}


def test_without_the_fence_the_checker_finds_old_reads(migrated_url: str, tmp_path: Path) -> None:
    run = ran(tmp_path, migrated_url, faults=(), calm=2, fence="off")
    found = run.violations()
    print(run.told(), f"{len(found)} of them too old", sep="; ")
    assert found
