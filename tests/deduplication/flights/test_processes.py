"""Flights between processes over a real Redis: one execution, kill -9, Redis that stops and starts."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.deadline import eventually
from tests.servers.redis import running_redis
from tests.servers.site import PROJECT, clean_environment

LEASE_SECONDS = 2.0
START_SECONDS = 60  # a Python that loads Django costs some seconds of a processor that others use too


class Pilot:
    """A process on the other side of a pipe; what it says is kept."""

    def __init__(self, redis_url: str, data_dir: Path) -> None:
        env = clean_environment(REDIS_URL=redis_url, DATA_DIR=str(data_dir), SECRET_KEY="test " * 10)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.deduplication.flights.pilot"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=env,
            cwd=PROJECT,
            text=True,
            bufsize=1,
        )
        self.said: list[str] = []
        self._ear = threading.Thread(target=self._hear, daemon=True)
        self._ear.start()

    def _hear(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.strip())

    def is_up(self) -> bool:
        assert self.process.poll() is None, "it ended before it was ready"
        return self.count("ready") == 1

    def tell(self, line: str, *, times: int = 1) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n" * times)
        self.process.stdin.flush()

    def count(self, start: str) -> int:
        return sum(line.startswith(start) for line in list(self.said))

    def results(self, key: str) -> list[str]:
        return [line.split()[2] for line in list(self.said) if line.startswith(f"result {key} ")]

    def result_times(self, key: str) -> list[float]:
        return [float(line.split()[3]) for line in list(self.said) if line.startswith(f"result {key} ")]

    def guarantee(self) -> str:
        before = self.count("guarantee")
        self.tell("guarantee")
        eventually(lambda: self.count("guarantee") > before)
        return [line for line in self.said if line.startswith("guarantee")][-1].split()[1]

    def executions(self) -> list[tuple[int, int, str, bool]]:
        """End the process; return when its executions began and ended, of which key, and which were declared alone."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)
        self._ear.join(5)
        lines = [line.split() for line in self.said if line.startswith("execution")]
        return [(int(line[2]), int(line[3]), line[1], line[4] == "1") for line in lines]

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._ear.join(5)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


Start = Callable[..., list[Pilot]]


@pytest.fixture
def pilots(tmp_path: Path) -> Iterator[Start]:
    """Start processes on a Redis; they are ready when the call returns."""
    made: list[Pilot] = []

    def start(url: str, count: int) -> list[Pilot]:
        fresh = [Pilot(url, tmp_path) for _ in range(count)]
        made.extend(fresh)
        for pilot in fresh:
            eventually(pilot.is_up, seconds=START_SECONDS, what="the start of a process")
        return fresh

    yield start
    for pilot in made:
        pilot.end()


def begun(pilots: list[Pilot], key: str) -> int:
    return sum(pilot.count(f"begun {key}") for pilot in pilots)


def overlaps(pilots: list[Pilot]) -> int:
    """End the processes; return how many pairs of their executions overlapped without being declared."""
    spans = sorted(span for pilot in pilots for span in pilot.executions())
    return sum(
        later[0] < earlier[1] and later[2] == earlier[2] and not (earlier[3] or later[3])
        for at, earlier in enumerate(spans)
        for later in spans[at + 1 :]
    )


def test_processes_run_it_once_and_all_have_the_result_soon_after(redis_url: str, pilots: Start) -> None:
    fleet = pilots(redis_url, 3)
    fleet[0].tell("slow 0.6")
    eventually(lambda: fleet[0].count("begun slow"))
    for pilot in fleet:
        pilot.tell("slow 0.6", times=30)
    eventually(lambda: sum(len(pilot.results("slow")) for pilot in fleet) == 91)
    assert begun(fleet, "slow") == 1
    assert {result for pilot in fleet for result in pilot.results("slow")} == {f"{fleet[0].process.pid}:slow"}
    landed = min(fleet[0].result_times("slow"))
    assert max(moment for pilot in fleet[1:] for moment in pilot.result_times("slow")) - landed < 0.5
    assert overlaps(fleet) == 0


def test_a_leader_killed_midway_has_one_successor_within_its_lease(redis_url: str, pilots: Start) -> None:
    fleet = pilots(redis_url, 3)
    fleet[0].tell("k 60")
    eventually(lambda: fleet[0].count("begun k"))
    for pilot in fleet[1:]:
        pilot.tell("k 0.3", times=10)
    time_of_death = time.monotonic()
    fleet[0].process.kill()
    eventually(lambda: sum(len(pilot.results("k")) for pilot in fleet[1:]) == 20)
    assert begun(fleet[1:], "k") == 1
    last = max(moment for pilot in fleet[1:] for moment in pilot.result_times("k"))
    assert last - time_of_death < LEASE_SECONDS + 0.3 + 0.7
    assert {result.split(":")[1] for pilot in fleet[1:] for result in pilot.results("k")} == {"k"}
    assert overlaps(fleet[1:]) == 0


def test_a_forget_in_one_process_keeps_newcomers_of_all_from_what_began_before(redis_url: str, pilots: Start) -> None:
    one, two = pilots(redis_url, 2)
    one.tell("k 1.0")
    eventually(lambda: one.count("begun k"))
    two.tell("forget k")
    eventually(lambda: two.count("forgot"))
    two.tell("k 0.1")
    eventually(lambda: two.results("k"))
    assert two.results("k") == [f"{two.process.pid}:k"]
    eventually(lambda: one.results("k"))
    assert one.results("k") == [f"{one.process.pid}:k"]


def test_without_redis_each_process_goes_on_by_itself_says_so_and_heals(pilots: Start) -> None:
    with running_redis() as redis:
        fleet = pilots(redis.url(), 2)
        fleet[0].tell("a 1.0")
        eventually(lambda: fleet[0].count("begun a"))
        for pilot in fleet:
            pilot.tell("a 1.0", times=20)
    for pilot in fleet:
        pilot.tell("b 0.2", times=20)
    eventually(lambda: all(len(pilot.results("b")) == 20 for pilot in fleet))
    assert [pilot.guarantee() for pilot in fleet] == ["lost", "lost"]
    assert [pilot.count("begun b") for pilot in fleet] == [1, 1]
    with running_redis(port=redis.port):
        eventually(lambda: [pilot.guarantee() for pilot in fleet] == ["holds", "holds"])
        for pilot in fleet:
            pilot.tell("c 0.5", times=20)
        eventually(lambda: all(len(pilot.results("c")) == 20 for pilot in fleet))
        assert begun(fleet, "c") == 1
    eventually(lambda: len(fleet[0].results("a")) == 21 and len(fleet[1].results("a")) == 20)
    assert not any("Error" in result for pilot in fleet for key in "abc" for result in pilot.results(key))
    assert overlaps(fleet) == 0
