"""Two processes, one Redis, one Postgres; either process is killed in the middle of the traffic, several times."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.servers.deadline import eventually
from tests.servers.site import Site
from tests.soak import length
from tests.stack.live.people import People, called, kept, killed_and_started, people
from tests.stack.live.reader import GONE, Reader, Writer

SEED = 20
MESSAGES, WRITERS, EDITS = length(10_000, short=2_000), 8, length(120, short=40)
WORDS = ["early", "late", "left", "right", "red", "blue", "plain", "loud", "round", "flat", "soft", "tall"]
Start = Callable[..., Site]


@pytest.fixture
def pair(migrated_url: str, redis_url: str, site: Start) -> tuple[Site, Site]:
    """Two processes that share all that processes share."""
    shared = {"DATABASE_URL": migrated_url, "REDIS_URL": redis_url, "SECRET_KEY": "k" * 50}
    one = site(migrate=False, **shared)
    one.manage("policies", "set", "live", "messages_per_second=1000", "burst=10000", "--reason", "many writers")
    one.manage("policies", "set", "limits", "messages_per_minute=100000", "--reason", "many messages")
    return one, site(migrate=False, **shared)


def texts(rng: random.Random, count: int) -> list[str]:
    return [" ".join(rng.choices(WORDS, k=rng.randint(1, 12))) for _ in range(count)]


async def wait_until(condition: Callable[[], bool], *, seconds: float, what: str) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(what)
        await asyncio.sleep(0.02)


def edit_some(pair: tuple[Site, Site], cookies: str, rng: random.Random, known: list[int], done: list[int]) -> None:
    """Edit and delete messages while others send, through whichever process answers."""
    eventually(lambda: known, seconds=60)
    while len(done) < EDITS:
        message = rng.choice(known)
        site = rng.choice(pair)
        with suppress(*GONE):
            if rng.random() < 0.2:
                called(site, cookies, "DELETE", f"/messages/{message}")
            else:
                called(site, cookies, "PATCH", f"/messages/{message}", {"text": f"edited {rng.random()}"})
            done.append(message)


async def traffic(pair: tuple[Site, Site], crowd: People) -> tuple[list[Reader], list[Writer]]:
    """Send everything while processes are killed and started; return when every reader is up to date."""
    rng = random.Random(SEED)
    where = crowd.conversations[0]
    writers = [
        Writer(
            name, crowd.cookies(name), where, *(pair if n % 2 else pair[::-1]), texts=texts(rng, MESSAGES // WRITERS)
        )
        for n, name in enumerate(f"writer{number}" for number in range(WRITERS))
    ]
    readers = [Reader(crowd.cookies(f"writer{n}"), where, *(pair if n % 2 else pair[::-1]), seed=n) for n in range(4)]
    following = [asyncio.create_task(reader.run()) for reader in readers]
    sending = [asyncio.create_task(writer.run()) for writer in writers]
    edited: list[int] = []
    known: list[int] = []
    editing = asyncio.create_task(
        asyncio.to_thread(edit_some, pair, crowd.cookies("writer0"), random.Random(SEED + 1), known, edited)
    )

    def acknowledged() -> int:
        known[:] = [number for writer in writers for number in list(writer.acknowledged.values())[:50]]
        return sum(len(writer.acknowledged) for writer in writers)

    for share, victim in ((0.2, 0), (0.45, 1), (0.7, 0)):
        await wait_until(lambda share=share: acknowledged() >= share * MESSAGES, seconds=120, what=f"{share} sent")  # type: ignore[misc]
        await killed_and_started(pair[victim])
    await asyncio.gather(*sending, editing)
    _, last = await asyncio.to_thread(kept, pair[0])
    await wait_until(
        lambda: all(reader.position == last[where][1] for reader in readers), seconds=30, what="every reader up to date"
    )
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    return readers, writers


@pytest.mark.soak
def test_clients_resume_without_gap_or_repeat_when_processes_are_killed(pair: tuple[Site, Site]) -> None:
    crowd = people(pair[0], *(f"writer{number}" for number in range(WRITERS)))
    readers, writers = asyncio.run(traffic(pair, crowd))
    messages, last = kept(pair[0])
    assert [message.sequence for message in messages] == list(range(1, MESSAGES + 1))
    assert last[crowd.conversations[0]][0] == MESSAGES
    assert len({message.client_id for message in messages}) == MESSAGES
    sent = {message.client_id: message.id for message in messages}
    assert {key: value for writer in writers for key, value in writer.acknowledged.items()} == sent
    stored = {message.id: (message.sequence, message.text, message.deleted) for message in messages}
    for reader in readers:
        assert reader.messages == stored
        assert reader.numbers == sorted(set(reader.numbers))
    assert max(reader.connects for reader in readers) > 1
    assert "Traceback" not in pair[0].process.log() + pair[1].process.log()
