"""Two processes that share a database: one effect and one answer for a key, whatever is killed when."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Barrier

import pytest

from tests.servers.migrated import migrated_database
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.servers.site import Site, running_site
from tests.stack.idempotency.client import Reply, answered, sent
from tests.stack.idempotency.faults import order_file
from tests.stack.live.people import called, people

CROWD, FEW = 200, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A conversation on a running site, and who writes into it."""

    site: Site
    cookies: str
    path: str


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def room(
    request: pytest.FixtureRequest, postgres: Postgres, redis_server: Redis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Room]:
    """A site of two workers on either engine."""
    with ExitStack() as stack:
        variables = {"REDIS_URL": redis_server.url(), "DJANGO_SETTINGS_MODULE": "tests.stack.idempotency.settings"}
        if request.param == "postgresql":
            variables["DATABASE_URL"] = stack.enter_context(migrated_database(postgres))
        folder, is_fresh = tmp_path_factory.mktemp(request.param), request.param == "sqlite"
        site = stack.enter_context(running_site(folder, "--workers=2", migrate=is_fresh, **variables))
        crowd = people(site, "ann")
        yield Room(site=site, cookies=crowd.cookies("ann"), path=f"/conversations/{crowd.conversations[0]}/messages")


def stored(room: Room) -> Counter[str]:
    """Return how many messages there are of each text."""
    status, page = called(room.site, room.cookies, "GET", f"{room.path}?limit=200")
    assert status == 200
    return Counter(message["text"] for message in page["messages"])


def test_two_hundred_at_once_send_one_message_and_all_hear_of_it(room: Room) -> None:
    together = Barrier(CROWD)

    def send(_: int) -> Reply:
        together.wait(30)
        return sent(room.site, room.cookies, room.path, text="crowd", key="crowd")

    with ThreadPoolExecutor(CROWD) as threads:
        replies = list(threads.map(send, range(CROWD)))
    assert {reply.status for reply in replies} <= {201, 409}
    assert all(reply.retry_after == "1" for reply in replies if reply.status == 409)
    [first] = [reply for reply in replies if reply.status == 201 and not reply.is_replay]
    again = answered(room.site, room.cookies, room.path, text="crowd", key="crowd")
    assert again.is_replay
    assert all(reply.body == first.body for reply in (*replies, again) if reply.status == 201)
    assert stored(room)["crowd"] == 1


def test_a_crowd_whose_first_is_killed_before_its_commit_still_sends_one(room: Room) -> None:
    order = order_file(room.site.data_dir)
    order.write_text("before the commit")
    with ThreadPoolExecutor(FEW) as threads:
        replies = list(
            threads.map(lambda _: answered(room.site, room.cookies, room.path, text="few", key="few"), range(FEW))
        )
    assert not order.exists()
    assert {reply.status for reply in replies} == {201}
    assert [reply.is_replay for reply in replies].count(False) == 1
    assert len({reply.body["id"] for reply in replies}) == 1
    assert stored(room)["few"] == 1


def test_all_killed_and_started_again_replay_what_they_answered(room: Room) -> None:
    first = sent(room.site, room.cookies, room.path, text="before", key="before")
    room.site.restart()
    again = sent(room.site, room.cookies, room.path, text="before", key="before")
    assert (first.is_replay, again.is_replay, again.body) == (False, True, first.body)
    other = sent(room.site, room.cookies, room.path, text="another", key="before")
    assert (other.status, other.body["type"]) == (422, "/problems/idempotency-key-reused")
    assert stored(room)["before"] == 1
