"""Who is here, who is typing, how far they have read, what happens elsewhere: across two processes."""

import asyncio
import itertools

import pytest

from tests.stack.live.conftest import Pair
from tests.stack.live.ear import listening
from tests.stack.live.people import People, called, killed_and_started, people

pytestmark = pytest.mark.measured  # what two processes run for each other is run here
names = (f"company{number}" for number in itertools.count())


@pytest.fixture
def duo(pair: Pair) -> tuple[People, str, str, int]:
    """Two members of a conversation."""
    one, two = next(names), next(names)
    crowd = people(pair[0], one, two, conversations=2)
    return crowd, one, two, crowd.conversations[0]


def who(crowd: People, *names: str) -> list[dict[str, object]]:
    return [{"id": crowd.users[name], "name": name} for name in names]


async def test_those_who_have_the_conversation_open_see_each_other_come_and_go(
    pair: Pair, duo: tuple[People, str, str, int]
) -> None:
    crowd, one, two, where = duo
    async with listening(pair[0], crowd.cookies(one), where) as first:
        async with listening(pair[1], crowd.cookies(two), where) as second:
            await first.until("presence", users=who(crowd, one, two))
            await second.until("presence", users=who(crowd, one, two))
            first.events.clear()
        await first.until("presence", users=who(crowd, one))


async def test_people_of_a_killed_process_are_missed_after_a_while(
    pair: Pair, duo: tuple[People, str, str, int]
) -> None:
    crowd, one, two, where = duo
    async with listening(pair[0], crowd.cookies(one), where) as first:
        try:
            async with listening(pair[1], crowd.cookies(two), where):
                await first.until("presence", users=who(crowd, one, two))
                first.events.clear()
                pair[1].kill()
            await first.until("presence", users=who(crowd, one))
        finally:
            await killed_and_started(pair[1])


async def test_typing_is_seen_by_others_and_not_by_oneself(pair: Pair, duo: tuple[People, str, str, int]) -> None:
    crowd, one, two, where = duo
    async with (
        listening(pair[0], crowd.cookies(one), where) as first,
        listening(pair[1], crowd.cookies(two), where) as second,
    ):
        await first.say("typing", conversation=where)
        seen = await second.until("typing", conversation=where)
        assert (seen["user"], seen["seconds"]) == (who(crowd, one)[0], 1.0)
        async with listening(pair[1], crowd.cookies(two), where) as late:
            assert (await late.until("typing"))["seconds"] <= 1.0
        await first.settle()
        assert first.of("typing") == []


async def test_typing_where_one_does_not_follow_is_refused(pair: Pair, duo: tuple[People, str, str, int]) -> None:
    crowd, one, _, where = duo
    async with listening(pair[0], crowd.cookies(one)) as ear:
        await ear.say("typing", conversation=where)
        await ear.until("error", code="not_found")


async def test_read_marker_is_told_to_the_others(pair: Pair, duo: tuple[People, str, str, int]) -> None:
    crowd, one, two, where = duo
    async with (
        listening(pair[0], crowd.cookies(one), where) as first,
        listening(pair[1], crowd.cookies(two), where) as second,
    ):
        await first.say("message", conversation=where, text="read me", client_id="r")
        await second.until("message", message__text="read me")
        await second.say("read", conversation=where, sequence=1)
        await second.until("ack", last_read_sequence=1)
        seen = await first.until("read", conversation=where, last_read_sequence=1)
        assert seen["user"] == who(crowd, two)[0]


async def test_lists_learn_of_messages_and_names_elsewhere(pair: Pair, duo: tuple[People, str, str, int]) -> None:
    crowd, one, two, where = duo
    async with listening(pair[1], crowd.cookies(two), crowd.conversations[1]) as ear:
        async with listening(pair[0], crowd.cookies(one)) as sender:
            await sender.say("message", conversation=where, text="over here", client_id="o")
            await sender.until("ack", client_id="o")
        seen = await ear.until("conversation", conversation=where, change="message")
        assert (seen["last_sequence"], seen["message"]["preview"]) == (1, "over here")
        path, body = f"/conversations/{where}", {"title": "Renamed"}
        await asyncio.to_thread(called, pair[0], crowd.cookies(one), "PATCH", path, body)
        await ear.until("conversation", conversation=where, change="renamed", title="Renamed")
        assert ear.of("message") == []


async def test_edits_and_deletions_are_seen_as_new_states(pair: Pair, duo: tuple[People, str, str, int]) -> None:
    crowd, one, two, where = duo
    async with listening(pair[1], crowd.cookies(two), where) as ear:
        cookies = crowd.cookies(one)
        path, body = f"/conversations/{where}/messages", {"text": "first"}
        _, message = await asyncio.to_thread(called, pair[0], cookies, "POST", path, body)
        path = f"/messages/{message['id']}"
        await asyncio.to_thread(called, pair[0], cookies, "PATCH", path, {"text": "second"})
        await asyncio.to_thread(called, pair[0], cookies, "DELETE", path)
        await ear.until("message", message__deleted=True)
        seen = [(event["sequence"], event["message"]["text"]) for event in ear.of("message")]
        assert seen == [(1, "first"), (2, "second"), (3, "")]
        async with listening(pair[0], cookies) as late:
            await late.follow(where, after_sequence=1)
            assert [event["sequence"] for event in late.of("message")] == [3]
