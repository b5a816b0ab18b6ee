"""What a client may not do: each gets its word, none a traceback. And how a server says goodbye."""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import websockets

from tests.servers.site import Site, running_site
from tests.stack.live.ear import listening
from tests.stack.live.people import People, people
from tests.stack.live.reader import connected

pytestmark = pytest.mark.measured  # what only sockets run is run here


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server on the embedded default."""
    folder = tmp_path_factory.mktemp("alone")
    with running_site(folder, prepare=modest, CSRF_TRUSTED_ORIGINS="https://*.chat.example") as site:
        yield site
        assert "Traceback" not in site.process.log()


def modest(site: Site) -> None:
    """Set the policy that the server starts with."""
    values = ("heartbeat_seconds=1", "presence_seconds=5", "subscriptions=2")
    site.manage("policies", "set", "live", *values, "--reason", "tests ask for less")


@pytest.fixture(scope="module")
def ann(alone: Site) -> People:
    return people(alone, "ann")


WRONG = {
    "not json": "This is not JSON",
    "[1]": "A frame is a JSON object.",
    '"subscribe"': "A frame is a JSON object.",
    "{}": "type: must be one of",
    '{"type": 7}': "type: must be one of",
    '{"type": ["ping"]}': "type: must be one of",
    '{"type": "shout"}': "type: must be one of",
    '{"type": "ping", "more": 1}': "more: is no field of ping.",
    '{"type": "subscribe"}': "conversation: must be a whole number",
    '{"type": "subscribe", "conversation": "1"}': "conversation: must be a whole number",
    '{"type": "subscribe", "conversation": true}': "conversation: must be a whole number",
    '{"type": "subscribe", "conversation": -1}': "conversation: must be a whole number",
    '{"type": "subscribe", "conversation": 1e400}': "This is not JSON",
    '{"type": "subscribe", "conversation": 99999999999999999999}': "conversation: must be a whole number",
    '{"type": "subscribe", "conversation": 1, "after_sequence": 1.5}': "after_sequence: must be a whole number",
    '{"type": "message", "conversation": 1, "text": null}': "text: must be a string.",
    '{"type": "message", "conversation": 1, "text": " "}': "text: is blank.",
    '{"type": "message", "conversation": 1, "text": "a", "client_id": 5}': "client_id: must be a string.",
    '{"type": "message", "conversation": 1, "text": "\\ud800"}': "This is not JSON",
    '{"type": "message", "conversation": 9223372036854775807, "text": "a"}': "There is no such conversation.",
    '{"type": "read", "conversation": 1}': "sequence: must be a whole number",
    "[" * 5_000: "This is not JSON",
}


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text[:60])
async def test_wrong_frame_is_told_what_is_wrong_and_the_socket_goes_on(alone: Site, ann: People, text: str) -> None:
    async with listening(alone, ann.cookies("ann")) as ear:
        await ear.socket.send(text)
        answer = await ear.until("error")
        assert answer["detail"].startswith(WRONG[text])
        assert answer["sequence"] == 0
        await ear.settle()


async def test_binary_frame_is_refused(alone: Site, ann: People) -> None:
    async with listening(alone, ann.cookies("ann")) as ear:
        await ear.socket.send(b"\x00\xff")
        assert (await ear.until("error"))["detail"] == "Frames are text, not binary."


async def test_flood_is_refused_then_closed(alone: Site, ann: People) -> None:
    async with listening(alone, ann.cookies("ann")) as ear:
        for _ in range(90):
            await ear.say("ping")
        assert (await ear.until("error"))["code"] == "rate"
        with suppress(websockets.ConnectionClosed):
            for _ in range(1_000):
                await ear.say("ping")
        assert await ear.closed() == 4429
        assert ear.reason == "Too many frames."


@pytest.mark.parametrize("size", [200_000, 2_000_000])
async def test_oversized_frame_closes_the_socket(alone: Site, ann: People, size: int) -> None:
    async with listening(alone, ann.cookies("ann")) as ear:
        await ear.say("message", conversation=ann.conversations[0], text="x" * size)
        assert await ear.closed() == 1009


async def test_more_subscriptions_than_allowed_are_refused(alone: Site) -> None:
    crowd = people(alone, "zoe", conversations=3)
    async with listening(alone, crowd.cookies("zoe"), *crowd.conversations[:2]) as ear:
        await ear.say("subscribe", conversation=crowd.conversations[2])
        assert (await ear.until("error", code="limit"))["for"] == "subscribe"
        await ear.say("unsubscribe", conversation=crowd.conversations[0])
        await ear.follow(crowd.conversations[2])


@pytest.mark.parametrize("cookies", ["", "sessionid=", "sessionid=unknown", "sessionid=[]; ;;=", 'sessionid="'])
async def test_stranger_is_told_to_sign_in(alone: Site, cookies: str) -> None:
    async with listening(alone, cookies) as ear:
        assert await ear.closed() == 4401
        assert ear.events == []


@pytest.mark.parametrize(
    ("origin", "is_let_in"),
    [
        ("http://127.0.0.1:{port}", True),
        ("https://a.chat.example", True),
        ("https://127.0.0.1:{port}", False),
        ("http://127.0.0.1:1", False),
        ("http://evil.example", False),
        ("https://chat.example.evil.example", False),
        ("null", False),
    ],
)
async def test_only_our_own_pages_may_connect(alone: Site, ann: People, origin: str, is_let_in: bool) -> None:
    async with listening(alone, ann.cookies("ann"), origin=origin.format(port=alone.port)) as ear:
        if is_let_in:
            await ear.settle()
        else:
            assert await ear.closed() == 4403


async def test_silent_socket_hears_a_heartbeat(alone: Site, ann: People) -> None:
    async with listening(alone, ann.cookies("ann")) as ear:
        await ear.until("heartbeat")


async def test_message_sent_twice_is_stored_once_and_acknowledged_twice(alone: Site, ann: People) -> None:
    where = ann.conversations[0]
    async with listening(alone, ann.cookies("ann"), where) as ear:
        for _ in range(2):
            await ear.say("message", conversation=where, text="once", client_id="same")
        await ear.until("ack", client_id="same", is_new=False)
        first, second = ear.of("ack", client_id="same")
        assert first["is_new"] is True
        assert (first["sequence"], first["message"]) == (second["sequence"], second["message"])
        await ear.until("message", message__client_id="same")
        await ear.say("message", conversation=where, text="other", client_id="same")
        await ear.until("error", code="conflict", client_id="same")
        await ear.settle()
        assert len(ear.of("message", message__client_id="same")) == 1


async def test_import_by_another_process_arrives_within_the_poll(alone: Site) -> None:
    crowd = people(alone, "kim")
    async with listening(alone, crowd.cookies("kim")) as ear:
        rows = [{"messages": [{"role": "user", "content": f"line {number}"} for number in range(5)]}]
        file = alone.data_dir / "talk.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        alone.manage("import_conversations", str(file), "--owner", "kim")
        joined = await ear.until("conversation", change="joined", last_sequence=5)
        await ear.follow(joined["conversation"], after_sequence=0)
        assert [event["message"]["text"] for event in ear.of("message")] == [f"line {number}" for number in range(5)]


async def test_server_that_stops_says_so_and_does_not_wait_for_its_sockets(site: Callable[..., Site]) -> None:
    running = site()
    crowd = people(running, "ann")
    async with listening(running, crowd.cookies("ann"), crowd.conversations[0]) as ear, connected(running, ""):
        running.process.send(signal.SIGTERM)
        assert await ear.closed(seconds=10) == 1012
    assert running.process.stop(seconds=10) == 0
    assert "Traceback" not in running.process.log()
