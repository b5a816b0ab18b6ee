"""Redis is stopped, started and failed over amid a storm: all are answered, and the loss of the guarantee is said."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count

import redis

from tests.servers.deadline import eventually
from tests.servers.process import free_port
from tests.servers.redis import Redis, running_redis
from tests.servers.site import Site
from tests.stack.flights.executions import begun, verdicts
from tests.stack.flights.storm import storm

CROWD, WORKERS = 60, 2
LOST, RESTORED = "Flights have no store", "Flights have their store again"


class Storms:
    """One storm after the other, each for a name of its own, until told to stop."""

    def __init__(self, site: Site) -> None:
        self.site, self.names = site, (f"storm{number}" for number in count())
        self.replies: Counter[tuple[int, bool]] = Counter()
        self.executions: Counter[int] = Counter()
        self.done = 0
        self.is_stopping = False

    async def run(self) -> None:
        while not self.is_stopping:
            name = next(self.names)
            replies = await storm(self.site.port, f"/slow/{name}", headers=[""] * CROWD)
            self.replies.update((reply.status, reply.body == f"||{name}".encode()) for reply in replies)
            self.executions[len(begun(self.site, name))] += 1
            self.done += 1

    async def some(self, more: int) -> None:
        """Return when so many more have ended."""
        until = self.done + more
        await asyncio.to_thread(eventually, lambda: self.done >= until, seconds=30)


def promoted(replica: Redis, port: int) -> None:
    """Make a replica the primary, with its data, where the old one was: what a failover comes to for its clients."""
    with redis.Redis(port=replica.port) as client:
        client.replicaof("NO", "ONE")
        client.config_set("port", str(port))


def in_step(replica: Redis) -> bool:
    with redis.Redis(port=replica.port) as client:
        return bool(client.info("replication").get("master_link_status") == "up")


async def told(site: Site, text: str, times: int) -> None:
    """Return when the log has said so often enough."""
    await asyncio.to_thread(eventually, lambda: site.process.log().count(text) >= times, seconds=30)


async def test_all_are_answered_whatever_becomes_of_redis_and_the_auditor_is_exact(site: Callable[..., Site]) -> None:
    port = free_port()
    with ExitStack() as stack:
        first = stack.enter_context(running_redis(port=port))
        server = site(
            f"--workers={WORKERS}",
            REDIS_URL=f"redis://127.0.0.1:{port}/0",
            CELERY_BROKER_URL="memory://",
            DJANGO_SETTINGS_MODULE="tests.stack.flights.settings",
        )
        storms = Storms(server)
        running = asyncio.create_task(storms.run())
        await storms.some(1)
        first.process.kill()
        await told(server, LOST, WORKERS)
        await storms.some(2)
        second = stack.enter_context(running_redis(port=port))
        await told(server, RESTORED, WORKERS)
        await storms.some(2)
        replica = stack.enter_context(running_redis("--replicaof", "127.0.0.1", str(port)))
        await asyncio.to_thread(eventually, lambda: in_step(replica))
        second.process.kill()
        promoted(replica, port)
        await storms.some(3)
        storms.is_stopping = True
        await running
        assert storms.replies == {(200, True): storms.done * CROWD}
        assert storms.executions[WORKERS] > 0
        assert max(storms.executions) <= 2 * WORKERS  # the loss, or the return, came amid that storm
        assert (await executions_when_well(server)) == 1
        ran = sum(file.read_text().count("begin") for file in server.data_dir.glob("*.executions"))
        found = await asyncio.to_thread(verdicts, server, least=ran)
        assert found.keys() <= {"", "declared"}
        assert found.total() == ran


async def executions_when_well(server: Site) -> int:
    """Return how many executions a storm is once all is well again."""
    await asyncio.to_thread(
        eventually, lambda: server.process.log().count(LOST) == server.process.log().count(RESTORED), seconds=30
    )
    for name in (f"after{number}" for number in range(5)):
        await storm(server.port, f"/slow/{name}", headers=[""] * CROWD)
        if len(begun(server, name)) == 1:
            return 1
    return len(begun(server, name))
