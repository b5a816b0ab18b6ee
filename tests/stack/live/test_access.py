"""Whoever may no longer see a conversation hears nothing more of it, at once, on whichever process they are."""

import asyncio
import itertools
from collections.abc import Callable

import pytest

from tests.servers.site import Site
from tests.stack.live.conftest import Pair
from tests.stack.live.ear import Ear, listening
from tests.stack.live.people import People, called, people

pytestmark = pytest.mark.measured  # what two processes run for each other is run here
names = (f"access{number}" for number in itertools.count())
SIGN_OUT = """
from django.test import Client
client = Client(HTTP_HOST="127.0.0.1")
client.cookies["sessionid"] = "KEY"
assert client.post("/accounts/logout/").status_code == 302
print("done", 1)
"""
PASSWORD = """
from apps.chat.models import User
user = User.objects.get(pk=USER)
user.set_password("another horse")
user.save()
print("done", 1)
"""
INACTIVE = """
from apps.chat.models import User
user = User.objects.get(pk=USER)
user.is_active = False
user.save()
print("done", 1)
"""


@pytest.fixture
def trio(pair: Pair) -> tuple[People, str, str, int]:
    """An owner, a member, and their conversation."""
    owner, member = next(names), next(names)
    crowd = people(pair[0], owner, member)
    return crowd, owner, member, crowd.conversations[0]


async def say(site: Site, cookies: str, conversation: int, text: str) -> None:
    status, _ = await asyncio.to_thread(
        called, site, cookies, "POST", f"/conversations/{conversation}/messages", {"text": text}
    )
    assert status == 201


@pytest.mark.parametrize("process", [0, 1])
async def test_removed_member_hears_nothing_more(pair: Pair, trio: tuple[People, str, str, int], process: int) -> None:
    crowd, owner, member, where = trio
    async with (
        listening(pair[process], crowd.cookies(member), where) as removed,
        listening(pair[process], crowd.cookies(owner), where) as kept,
    ):
        path = f"/conversations/{where}/members/{crowd.users[member]}"
        status, _ = await asyncio.to_thread(called, pair[0], crowd.cookies(owner), "DELETE", path)
        assert status == 204
        await removed.until("conversation", conversation=where, change="left", seconds=3)
        await say(pair[0], crowd.cookies(owner), where, "between ourselves")
        await kept.until("message", message__text="between ourselves")
        await removed.settle()
        assert removed.of("message") == []
        await removed.say("subscribe", conversation=where)
        await removed.until("error", code="not_found", conversation=where)


async def test_member_who_was_held_back_for_nothing_misses_nothing(
    pair: Pair, trio: tuple[People, str, str, int]
) -> None:
    crowd, owner, member, where = trio
    async with listening(pair[1], crowd.cookies(member), where) as ear:
        for number in range(30):
            await say(pair[number % 2], crowd.cookies(owner), where, f"number {number}")
            if number % 5 == 0:
                path, body = f"/conversations/{where}/members", {"username": owner}
                await asyncio.to_thread(called, pair[0], crowd.cookies(owner), "POST", path, body)
        await ear.until("message", message__text="number 29")
        assert [event["message"]["text"] for event in ear.of("message")] == [f"number {n}" for n in range(30)]


async def ended(pair: Pair, crowd: People, member: str, where: int, end: Callable[[], object], others: str) -> Ear:
    """Return the member's socket on the second process after the end; somebody else's stays open."""
    async with (
        listening(pair[1], crowd.cookies(member), where) as ear,
        listening(pair[1], crowd.cookies(others), where) as other,
    ):
        await asyncio.to_thread(end)
        assert await ear.closed(seconds=4) == 4401
        await say(pair[0], crowd.cookies(others), where, "still here")
        await other.until("message", message__text="still here")
        assert ear.of("message") == []
    async with listening(pair[0], crowd.cookies(member)) as refused:
        assert await refused.closed() == 4401
    return ear


async def test_signing_out_ends_the_sessions_sockets(pair: Pair, trio: tuple[People, str, str, int]) -> None:
    crowd, owner, member, where = trio
    code = SIGN_OUT.replace("KEY", crowd.sessions[member])
    ear = await ended(pair, crowd, member, where, lambda: run(pair[0], code), owner)
    assert ear.reason == "You are signed out."


async def test_changing_the_password_ends_other_sessions_sockets(
    pair: Pair, trio: tuple[People, str, str, int]
) -> None:
    crowd, owner, member, where = trio
    code = PASSWORD.replace("USER", str(crowd.users[member]))
    await ended(pair, crowd, member, where, lambda: run(pair[0], code), owner)


async def test_deactivated_user_is_out(pair: Pair, trio: tuple[People, str, str, int]) -> None:
    crowd, owner, member, where = trio
    code = INACTIVE.replace("USER", str(crowd.users[member]))
    await ended(pair, crowd, member, where, lambda: run(pair[0], code), owner)


async def test_deleted_conversation_ends_for_everybody(pair: Pair, trio: tuple[People, str, str, int]) -> None:
    crowd, owner, member, where = trio
    async with listening(pair[1], crowd.cookies(member), where) as ear:
        await asyncio.to_thread(called, pair[0], crowd.cookies(owner), "DELETE", f"/conversations/{where}")
        await ear.until("conversation", conversation=where, change="left")


async def test_new_member_is_told_and_may_follow(pair: Pair, trio: tuple[People, str, str, int]) -> None:
    crowd, owner, _, where = trio
    guest = next(names)
    others = people(pair[0], guest)
    async with listening(pair[1], others.cookies(guest)) as ear:
        await ear.say("subscribe", conversation=where)
        await ear.until("error", code="not_found")
        path, body = f"/conversations/{where}/members", {"username": guest}
        await asyncio.to_thread(called, pair[0], crowd.cookies(owner), "POST", path, body)
        await ear.until("conversation", conversation=where, change="joined")
        await ear.follow(where)


def run(site: Site, code: str) -> None:
    site.manage("shell", "--verbosity=0", "--command", code)
