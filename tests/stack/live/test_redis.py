"""Redis goes and comes back under traffic: what was answered with 201 reaches every member, and the loss is shown."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

from tests.servers.deadline import eventually
from tests.servers.process import free_port
from tests.servers.redis import running_redis
from tests.servers.site import Site
from tests.stack.live.ear import Ear, listening
from tests.stack.live.people import People, called, people

POLL_SECONDS = 5.0
Start = Callable[..., Site]


class Sender(threading.Thread):
    """Sends over HTTP, to each process in turn, until told to stop; notes what was answered, and when."""

    def __init__(self, pair: tuple[Site, Site], crowd: People) -> None:
        super().__init__(daemon=True)
        self._pair, self._crowd = pair, crowd
        self.answered: dict[int, float] = {}
        self.is_stopping = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.is_stopping.wait(0.02):
            number += 1
            path = f"/conversations/{self._crowd.conversations[0]}/messages"
            status, message = called(
                self._pair[number % 2], self._crowd.cookies("ann"), "POST", path, {"text": f"number {number}"}
            )
            assert status == 201
            self.answered[message["id"]] = time.monotonic()


class Watcher(Ear):
    """Notes when each message arrived."""

    def __init__(self, socket: object) -> None:
        super().__init__(socket)
        self.arrived: dict[int, float] = {}

    async def _note(self, event: dict | None) -> None:  # type: ignore[type-arg]
        if event is not None and event["type"] == "message":
            self.arrived[event["message"]["id"]] = time.monotonic()
        await super()._note(event)


async def sent_some(sender: Sender, count: int) -> None:
    before = len(sender.answered)
    await asyncio.to_thread(eventually, lambda: len(sender.answered) >= before + count, seconds=60)


async def test_every_answered_message_reaches_every_member_when_redis_goes(migrated_url: str, site: Start) -> None:
    port = free_port()
    shared = {
        "DATABASE_URL": migrated_url,
        "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "SECRET_KEY": "k" * 50,
        "CELERY_BROKER_URL": "memory://",
    }
    with ExitStack() as stack:
        redis = stack.enter_context(running_redis(port=port))

        def back() -> None:
            stack.enter_context(running_redis(port=port))

        pair = (site(migrate=False, **shared), site(migrate=False, **shared))
        pair[0].manage("policies", "set", "limits", "messages_per_minute=100000", "--reason", "many messages")
        crowd = people(pair[0], "ann", "bob", conversations=2)
        where = crowd.conversations[0]
        sender = Sender(pair, crowd)
        async with (
            listening(pair[0], crowd.cookies("bob"), where, kind=Watcher) as here,
            listening(pair[1], crowd.cookies("ann"), where, kind=Watcher) as there,
            listening(pair[1], crowd.cookies("bob"), crowd.conversations[1]) as elsewhere,
        ):
            sender.start()
            await sent_some(sender, 30)
            for change, told in (redis.process.kill, "degraded"), (back, "restored"):
                await asyncio.to_thread(change)
                for ear in (here, there, elsewhere):
                    await ear.until(told)
                await sent_some(sender, 30)
            sender.is_stopping.set()
            await asyncio.to_thread(sender.join)
            for ear in (here, there):
                last = max(sender.answered)
                await ear.until("message", message__id=last)
                delays = [ear.arrived[message] - at for message, at in sender.answered.items()]
                assert max(delays) <= POLL_SECONDS + 2
                numbers = [event["sequence"] for event in ear.of("message")]
                assert numbers == sorted(set(numbers))
                assert {event["message"]["id"] for event in ear.of("message")} == sender.answered.keys()
            await elsewhere.until("conversation", conversation=where, last_sequence=len(sender.answered))
    assert "Traceback" not in pair[0].process.log() + pair[1].process.log()
