"""The leader's process is killed in the middle: one successor, and everybody has an answer."""

import asyncio
import os
import signal
from collections.abc import Callable

from tests.servers.deadline import eventually
from tests.servers.site import Site
from tests.stack.flights.executions import begun, noted, verdicts
from tests.stack.flights.storm import insisted, manned, storm

CROWD = 200
LEASE_SECONDS = 2.0


async def test_a_killed_leader_has_one_successor_and_all_are_answered(
    site: Callable[..., Site], redis_url: str
) -> None:
    server = site("--workers=2", REDIS_URL=redis_url, DJANGO_SETTINGS_MODULE="tests.stack.flights.settings")
    await manned(server.port, workers=2)
    crowd = asyncio.create_task(storm(server.port, "/slow/killed", headers=[""] * CROWD))
    leader = (await asyncio.to_thread(eventually, lambda: begun(server, "killed")))[0]
    os.kill(leader, signal.SIGKILL)
    replies = await crowd
    broken = [reply for reply in replies if reply.status == 0]
    assert 0 < len(broken) < CROWD
    assert {reply.status for reply in replies} == {0, 200}
    assert all(reply.body == b"||killed" for reply in replies if reply.status == 200)
    first, second = [one for one in noted(server, "killed") if one.event == "begin"]
    assert first.pid != second.pid
    assert second.at - first.at <= LEASE_SECONDS + 1
    again = await asyncio.gather(*[insisted(server.port, "/slow/killed") for _ in broken])
    assert {(reply.status, reply.body) for reply in again} == {(200, b"||killed")}
    ends = [one for one in noted(server, "killed") if one.event == "end"]
    assert len(ends) == len(begun(server, "killed")) - 1
    assert verdicts(server, least=len(ends)).keys() == {""}
