"""What goes wrong on purpose, drawn from a seed."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import redis

from tests.servers.deadline import eventually
from tests.servers.process import free_port
from tests.servers.redis import Redis, running_redis
from tests.stack.caching.history import Window
from tests.stack.caching.proxy import running_proxy

PROCESSES = 4


class Faults:
    """Two Redis servers, one the other's replica, behind a proxy; and the processes that use them."""

    def __init__(self, folder: Path, stack: ExitStack, chance: random.Random) -> None:
        self.folder, self._stack, self._chance = folder, stack, chance
        self._servers = [self._started(number, free_port()) for number in (0, 1)]
        self.proxy = stack.enter_context(running_proxy(self._servers[0].port))
        self._replication = stack.enter_context(running_proxy(self._servers[0].port))
        self.windows: list[Window] = []
        self._follow(self._servers[1])

    @property
    def kinds(self) -> dict[str, Callable[[], None]]:
        """What can go wrong, by name."""
        return {
            "failover": self._fail_over,
            "die": lambda: self._signal(signal.SIGUSR1),
            "flush": lambda: self._client(0).flushall(),
            "old": lambda: self._restart(is_saved=True),
            "mute": lambda: self._without_bus("silent"),
            "kill": lambda: self._signal(signal.SIGKILL),
            "clock": lambda: self._signal(signal.SIGUSR2),
            "empty": lambda: self._restart(is_saved=False),
            "cut": lambda: self._without_bus("closed"),
        }

    def happen(self, name: str) -> None:
        """Let it go wrong, and note until when it was, by the processes' own account. Blocks."""
        start = time.monotonic()
        self.kinds[name]()
        end = self.all_well()
        self.windows.append(Window(fault=name, start=start, end=end))

    def all_well(self) -> float:
        """Return when every process had heard from every other what was sent since now, and trusted Redis. Blocks."""
        since = time.monotonic()
        eventually(lambda: min(well for _, well in self._health()) > since, seconds=90, what="the end of a fault")
        return time.monotonic()

    def calm(self, longest: float) -> None:
        """Let some time pass in which nothing is broken."""
        threading.Event().wait(self._chance.uniform(0.3, 1.0) * longest)

    def _health(self) -> list[tuple[int, float]]:
        files = [self.folder / f"{index}.health" for index in range(PROCESSES)]
        words = [file.read_text().split() if file.exists() else ("0", "0") for file in files]
        return [(int(pid), float(well)) for pid, well in words]

    def _signal(self, number: signal.Signals) -> None:
        """Send it to one of the processes; where that kills it, return when it has a successor."""
        index = self._chance.randrange(PROCESSES)
        pid = self._health()[index][0]
        os.kill(pid, number)
        if number != signal.SIGUSR2:
            eventually(lambda: self._health()[index][0] != pid, what="a successor")

    def _without_bus(self, manner: str) -> None:
        self.proxy.be("silent" if manner == "silent" else "closed", only_bus=True)
        self.calm(1.0)
        self.proxy.be("open", only_bus=True)

    def _restart(self, *, is_saved: bool) -> None:
        """Kill Redis and start it again, with what it had a while ago, or with nothing."""
        old = self._servers[0]
        dump = self.folder / f"redis{old.port}" / "dump.rdb"
        if is_saved:
            self._client(0).save()
            self.calm(0.5)
        else:
            dump.unlink(missing_ok=True)
        old.process.kill()
        self._servers[0] = self._started(0, old.port)

    def _fail_over(self) -> None:
        """Let the replica miss some writes, then take over: what it missed is as if it had never been."""
        self._replication.be("silent")
        self.calm(0.5)
        self._servers.reverse()
        self._client(0).replicaof("NO", "ONE")
        self.proxy.lead(self._servers[0].port)
        self._replication.lead(self._servers[0].port)
        self._replication.be("open")
        self._follow(self._servers[1])

    def _follow(self, replica: Redis) -> None:
        with redis.Redis(port=replica.port) as client:
            client.replicaof("127.0.0.1", self._replication.port)
            eventually(lambda: client.info("replication").get("master_link_status") == "up", what="the replica")

    def _client(self, number: int) -> "redis.Redis[bytes]":
        return redis.Redis(port=self._servers[number].port)

    def _started(self, number: int, port: int) -> Redis:
        home = self.folder / f"redis{port}"
        home.mkdir(exist_ok=True)
        return self._stack.enter_context(
            running_redis("--dir", str(home), "--repl-diskless-sync-delay", "0", port=port)
        )


@contextmanager
def breakable(folder: Path, seed: str) -> Iterator[Faults]:
    """Yield the servers."""
    with ExitStack() as stack:
        yield Faults(folder, stack, random.Random(seed))


def plan(names: Sequence[str], seed: str, *, rounds: int) -> list[str]:
    """Return the faults in an order of chance, each once a round."""
    chance, drawn = random.Random(seed), []
    for _ in range(rounds):
        drawn += chance.sample(list(names), len(names))
    return drawn
