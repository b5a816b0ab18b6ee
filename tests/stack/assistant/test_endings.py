"""However a reply ends, it ends: nothing is stuck, nothing that was written is lost."""

import asyncio
import signal
from collections.abc import Callable, Iterator

import pytest

from apps.chat.assistant.offline import QUOTE_CHARACTERS
from apps.chat.assistant.recall import MOST_QUOTES
from tests.servers.deadline import eventually
from tests.servers.process import free_port
from tests.servers.redis import running_redis
from tests.servers.site import Site, running_site
from tests.servers.upstream import Call, Upstream
from tests.stack.assistant.room import Room, pass_the_lease, rooms
from tests.stack.live.people import killed_and_started

Start = Callable[..., Site]


@pytest.fixture(scope="module")
def hasty(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[Room]]:
    """Conversations of a site that does not wait long."""
    with running_site(tmp_path_factory.mktemp("hasty"), ASSISTANT_BASE_URL=upstream.url) as site:
        values = ("attempt_seconds=0.5", "idle_seconds=0.5", "failures_in_a_row=0", "failure_percent=0")
        site.manage("policies", "set", "assistant_pipeline", *values, "--reason", "tests wait for less")
        site.restart()  # without a bus it would obey four seconds later
        yield rooms((site, site))


async def called(upstream: Upstream) -> Call:
    return await asyncio.to_thread(upstream.call)


@pytest.mark.parametrize(
    ("status", "code", "can_retry"), [(401, "refused", False), (429, "busy", True), (500, "failed", True)]
)
async def test_error_of_the_endpoint_is_told_plainly(
    hasty: Iterator[Room], upstream: Upstream, status: int, code: str, can_retry: bool
) -> None:
    room = next(hasty)
    async with room.listens(room.ann) as ear:
        reply = await room.says(room.ann, "Hello")
        (await called(upstream)).refuse(status)
        ended = await ear.until("reply", reply__id=reply, reply__outcome="failed")
        assert (ended["reply"]["error"]["code"], ended["reply"]["error"]["can_retry"]) == (code, can_retry)
        assert (await room.asks(room.ann, "GET", "/reply"))[1]["error"] == ended["reply"]["error"]
    assert room.messages() == [("user", "Hello", None)]


async def test_endpoint_that_never_begins_is_given_up_and_asked_again_on_request(
    hasty: Iterator[Room], upstream: Upstream
) -> None:
    room = next(hasty)
    async with room.listens(room.ann) as ear:
        await room.says(room.ann, "Hello")
        call = await called(upstream)
        ended = await ear.until("reply", reply__outcome="failed")
        assert ended["reply"]["error"]["code"] == "slow"
        assert await asyncio.to_thread(call.is_gone.wait, 10)
        status, _ = await room.asks(room.ann, "POST", "/reply")
        assert status == 202
        call = await called(upstream)
        call.say("Here")
        call.finish()
        await ear.until("message", message__text="Here")


async def test_endpoint_that_falls_silent_midway_leaves_its_part(hasty: Iterator[Room], upstream: Upstream) -> None:
    room = next(hasty)
    async with room.listens(room.ann) as ear:
        await room.says(room.ann, "Hello")
        (await called(upstream)).say("Hel")
        ended = await ear.until("reply", reply__outcome="cut")
        assert ended["reply"]["error"]["code"] == "slow"
    assert room.messages()[-1] == ("assistant", "Hel", "cut")


async def test_longest_reply_is_kept_and_marked(hasty: Iterator[Room], upstream: Upstream) -> None:
    room = next(hasty)
    async with room.listens(room.ann) as ear:
        await room.says(room.ann, "Hello")
        call = await called(upstream)
        assert call.body["max_tokens"] == 1000
        call.say("Hello, hel")
        call.finish("length")
        await ear.until("message", message__completion="too_long", message__text="Hello, hel")


async def test_question_to_an_endpoint_that_is_not_there_waits_until_it_is_given_up(site: Start) -> None:
    alone = site(ASSISTANT_BASE_URL=f"http://127.0.0.1:{free_port()}/v1")
    room = next(rooms((alone, alone)))
    async with room.listens(room.ann) as ear:
        await room.says(room.ann, "Hello")
        told = await ear.until("reply", reply__state="waiting")
        assert told["reply"]["error"]["detail"].endswith("It will answer when it is back.")
        assert (await room.asks(room.ann, "DELETE", "/reply"))[0] == 204
        await ear.until("reply", reply__outcome="stopped")
    assert "Traceback" not in alone.process.log()


async def test_part_of_a_killed_writer_is_kept_and_marked_by_the_other_process(
    full_room: Room, upstream: Upstream
) -> None:
    room = full_room
    async with room.listens(room.bob) as ear:
        reply = await room.says(room.ann, "Hello")
        call = await called(upstream)
        call.say("Hello, hel")
        await ear.hears("Hello, hel", reply)
        await kept(room, "Hello, hel")
        room.sites[room.ann].kill()
        await asyncio.to_thread(pass_the_lease, room.sites[room.bob])
        await ear.until("message", message__completion="interrupted")
        await ear.until("reply", reply__id=reply, reply__outcome="interrupted")
    await killed_and_started(room.sites[room.ann])
    assert room.messages()[-1] == ("assistant", "Hello, hel", "interrupted")


async def test_process_that_starts_midway_tells_all_so_far_to_whoever_comes(
    full_room: Room, upstream: Upstream
) -> None:
    room = full_room
    async with room.listens(room.ann) as ear:
        reply = await room.says(room.ann, "Tell me a story")
        call = await called(upstream)
        call.say("Once upon ")
        await ear.hears("Once upon ", reply)
        await killed_and_started(room.sites[room.bob])
        async with room.listens(room.bob) as late:
            call.say("a time")
            await late.until("reply", reply__id=reply)
            await late.hears("Once upon a time", reply)
            call.finish()
            await late.until("message", message__text="Once upon a time")


async def test_lost_bus_loses_neither_the_reply_nor_the_order_to_stop(
    postgres_url: str, site: Start, upstream: Upstream
) -> None:
    port = free_port()
    shared = {
        "DATABASE_URL": postgres_url,
        "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "SECRET_KEY": "k" * 50,
        "CELERY_BROKER_URL": "memory://",
        "ASSISTANT_BASE_URL": upstream.url,
    }
    with running_redis(port=port) as redis:
        room = next(rooms((site(**shared), site(migrate=False, **shared))))
        async with room.listens(room.bob) as there:
            await room.says(room.ann, "Hello")
            call = await called(upstream)
            call.say("Hello, ")
            await there.until("token", text="Hello, ")
            redis.process.kill()
            await there.until("degraded")
            call.say("hel")
            await room.asks(room.bob, "DELETE", "/reply")
            await there.until("message", message__completion="stopped", message__text="Hello, hel")


async def test_part_of_a_killed_writer_is_kept_by_its_own_next_start_and_what_was_said_is_answered(
    embedded_room: Room, upstream: Upstream
) -> None:
    room = embedded_room
    alone = room.sites[room.ann]
    await room.says(room.ann, "Hello")
    call = await called(upstream)
    call.say("Hello, hel")
    await kept(room, "Hello, hel")
    await room.says(room.bob, "And me?")
    alone.kill()
    await asyncio.to_thread(pass_the_lease, alone)
    await killed_and_started(alone)
    async with room.listens(room.ann) as ear:
        call = await called(upstream)
        call.say("Hello to you")
        call.finish()
        await ear.until("message", message__text="Hello to you")
    said = [("Hello", None), ("And me?", None), ("Hello, hel", "interrupted"), ("Hello to you", "complete")]
    assert [message[1:] for message in room.messages()] == said


async def test_server_that_is_asked_to_end_keeps_the_part_at_once(embedded_room: Room, upstream: Upstream) -> None:
    room = embedded_room
    alone = room.sites[room.ann]
    async with room.listens(room.ann) as ear:
        reply = await room.says(room.ann, "Hello")
        call = await called(upstream)
        call.say("Hello, hel")
        await ear.hears("Hello, hel", reply)
    await asyncio.to_thread(alone.process.stop, signal.SIGTERM)
    assert "Traceback" not in alone.process.log()
    alone.start()
    assert room.messages()[-1] == ("assistant", "Hello, hel", "interrupted")


async def kept(room: Room, text: str) -> None:
    """Wait until the database has that much of the reply."""
    await asyncio.to_thread(eventually, lambda: room.call(room.bob, "GET", "/reply")[1]["text"] == text)


async def test_offline_assistant_quotes_what_was_said_and_says_that_it_is_offline(site: Start) -> None:
    alone = site()
    room = next(rooms((alone, alone)))
    async with room.listens(room.ann) as ear, room.listens(room.bob) as other:
        await room.says(room.bob, "The launch of Alpha is on Monday.")
        await ear.until("reply", reply__state="ended")
        reply = await room.says(room.ann, "When is the launch?")
        await other.until("token", reply=reply)
        async with room.listens(room.bob) as late:
            ended = await late.until("reply", reply__id=reply, reply__outcome="complete")
            shown = await other.until("message", message__id=ended["reply"]["message"])
            text = shown["message"]["text"]
            assert late.words(reply) == other.words(reply) == text
        assert "I am the offline assistant" in text
        assert "> The launch of Alpha is on Monday." in text
        assert f"**{room.bob}**" in text


async def test_offline_assistant_stops_when_it_is_told_to(site: Start) -> None:
    alone = site()
    room = next(rooms((alone, alone)))
    await room.asks(room.ann, "PATCH", "", {"has_assistant": False})
    for _ in range(MOST_QUOTES):
        await room.asks(room.bob, "POST", "/messages", {"text": "Alpha" + " a" * QUOTE_CHARACTERS})
    await room.asks(room.ann, "PATCH", "", {"has_assistant": True})
    async with room.listens(room.ann) as ear:
        reply = await room.says(room.ann, "What of Alpha?")  # quoting all of that takes four seconds
        await ear.until("token", reply=reply)
        await room.asks(room.bob, "DELETE", "/reply")
        ended = await ear.until("reply", reply__id=reply, reply__state="ended")
        assert ended["reply"]["outcome"] == "stopped"
        shown = await ear.until("message", message__id=ended["reply"]["message"])
        assert shown["message"]["completion"] == "stopped"
        assert shown["message"]["text"] == ear.words(reply)
