"""What holds for whoever finds the words, and what is the endpoint's own."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime

import pytest

from apps.chat.assistant.endpoint import Endpoint
from apps.chat.assistant.offline import PREFACE, Offline
from apps.chat.assistant.upstream import Piece, Question, Upstream, UpstreamError, Usage
from apps.chat.records import Author, MessageRecord
from tests.chat.assistant.questions import question
from tests.servers.process import free_port
from tests.servers.upstream import Call, running_upstream
from tests.servers.upstream import Upstream as Server

MONDAY = MessageRecord(
    id=1,
    sequence=1,
    conversation=1,
    author=Author(id=1, name="ann"),
    role="user",
    text="On *Monday*,\nat noon.",
    html="",
    client_id=None,
    created_at=datetime(2026, 5, 3, 12, 5, tzinfo=UTC),
    edited_at=None,
    deleted=False,
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_upstream() as running:
        yield running


@pytest.fixture
async def endpoint(server: Server) -> AsyncIterator[Endpoint]:
    made = Endpoint(base_url=server.url, api_key="", model="a-model")
    yield made
    await made.close()


async def called(server: Server) -> Call:
    return await asyncio.to_thread(server.call)


async def found(_: Question) -> list[MessageRecord]:
    return [MONDAY]


async def at_once(_: float) -> None:
    await asyncio.sleep(0)


def obligingly(call: Call) -> None:
    call.say("Very ", "well, ", "thanks.")
    call.finish()


@pytest.fixture(params=["endpoint", "offline"])
async def upstream(request: pytest.FixtureRequest) -> AsyncIterator[Upstream]:
    """Either of the two, which answers at once."""
    if request.param == "offline":
        yield Offline(found, sleep=at_once)
        return
    with running_upstream() as server:
        server.script = obligingly
        made = Endpoint(base_url=server.url, api_key="", model="a-model")
        yield made
        await made.close()


async def test_answer_comes_in_pieces_and_ends(upstream: Upstream) -> None:
    pieces = [piece async for piece in upstream.answer(question())]
    assert len([piece for piece in pieces if piece.text]) > 2
    assert [piece.ending for piece in pieces if piece.ending] == ["complete"]
    assert not any(piece.text for piece in pieces[-1:])


async def test_many_are_answered_at_once(upstream: Upstream) -> None:
    async def answer() -> str:
        return "".join([piece.text async for piece in upstream.answer(question())])

    answers = await asyncio.gather(*(answer() for _ in range(5)))
    assert len(set(answers)) == 1
    assert answers[0]


async def test_answer_may_be_left_at_any_point(upstream: Upstream) -> None:
    for count in (1, 2):
        pieces = upstream.answer(question())
        taken = [await anext(pieces) for _ in range(count)]
        await pieces.aclose()
        assert len(taken) == count
        with pytest.raises(StopAsyncIteration):
            await anext(pieces)


async def test_endpoint_is_asked_as_the_question_says(endpoint: Endpoint, server: Server) -> None:
    pieces = endpoint.answer(question())
    first = asyncio.ensure_future(anext(pieces))
    call = await called(server)
    assert call.path == "/v1/chat/completions"
    assert call.headers["authorization"] == "Bearer none"
    assert call.body == {
        "model": "a-model",
        "messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "How are you?"}],
        "temperature": 0.5,
        "max_tokens": 50,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    call.say("Well")
    call.finish("length", prompt_tokens=11, reply_tokens=5)
    rest = [piece async for piece in pieces] if await first == Piece("Well") else []
    assert rest == [Piece(ending="too_long"), Piece(usage=Usage(prompt_tokens=11, reply_tokens=5))]


async def test_cost_that_makes_no_sense_is_no_reason_to_lose_the_words(endpoint: Endpoint, server: Server) -> None:
    answer = asyncio.ensure_future(anext(pieces := endpoint.answer(question())))
    call = await called(server)
    call.say("Well")
    call.finish(prompt_tokens=-1, reply_tokens=2**70)
    assert await answer == Piece("Well")
    rest = [piece async for piece in pieces]
    assert rest[-1].usage == Usage(prompt_tokens=0, reply_tokens=2**31 - 1)


async def test_model_of_the_policy_wins(endpoint: Endpoint, server: Server) -> None:
    answer = asyncio.ensure_future(anext(endpoint.answer(question(model="another"))))
    call = await called(server)
    call.say("Yes")
    assert (await answer, call.body["model"]) == (Piece("Yes"), "another")


@pytest.mark.parametrize(("status", "code"), [(401, "refused"), (404, "refused"), (429, "busy"), (500, "failed")])
async def test_status_becomes_a_fault_and_is_not_tried_again(
    endpoint: Endpoint, server: Server, status: int, code: str
) -> None:
    answer = asyncio.ensure_future(anext(endpoint.answer(question())))
    (await called(server)).refuse(status)
    with pytest.raises(UpstreamError, match=f"status {status}") as raised:
        await answer
    assert raised.value.code == code
    assert server.is_idle


ENDS: dict[str, tuple[Callable[[Call], None], str]] = {
    "cut": (Call.cut, "cut"),
    "ended without a reason": (Call.end, "cut"),
    "garbled": (Call.garble, "failed"),
    "filtered": (lambda call: call.finish("content_filter"), "refused"),
}


@pytest.mark.parametrize("end", ENDS)
async def test_stream_that_breaks_off_is_a_fault_after_the_words(endpoint: Endpoint, server: Server, end: str) -> None:
    do, code = ENDS[end]
    pieces = endpoint.answer(question())
    first = asyncio.ensure_future(anext(pieces))
    call = await called(server)
    call.say("So far")
    assert await first == Piece("So far")
    do(call)
    with pytest.raises(UpstreamError) as raised:
        await anext(pieces)
    assert raised.value.code == code


async def test_left_answer_closes_the_connection(endpoint: Endpoint, server: Server) -> None:
    pieces = endpoint.answer(question())
    first = asyncio.ensure_future(anext(pieces))
    call = await called(server)
    call.say("So far")
    await first
    await pieces.aclose()
    assert await asyncio.to_thread(call.is_gone.wait, 10)


async def test_endpoint_that_nobody_serves_is_unreachable() -> None:
    endpoint = Endpoint(base_url=f"http://127.0.0.1:{free_port()}/v1", api_key="k", model="m")
    with pytest.raises(UpstreamError) as raised:
        await anext(endpoint.answer(question()))
    assert raised.value.code == "unreachable"
    await endpoint.close()


async def test_offline_assistant_says_what_it_is_and_quotes_who_said_what_when() -> None:
    pieces = [piece async for piece in Offline(found, sleep=at_once).answer(question("When do we start?"))]
    text = "".join(piece.text for piece in pieces)
    assert text.startswith(PREFACE)
    assert "I found one earlier message about start:" in text
    assert text.endswith("**ann**, 3 May 2026, 12:05 UTC:\n> On Monday, at noon.")


async def test_offline_assistant_says_when_it_finds_nothing() -> None:
    async def nothing(_: Question) -> list[MessageRecord]:
        return []

    pieces = [piece async for piece in Offline(nothing, sleep=at_once).answer(question("Zebras?!"))]
    assert "".join(piece.text for piece in pieces).endswith("I found no earlier message about zebras.")


def test_reason_for_the_log_is_short_however_much_the_endpoint_says() -> None:
    assert len(str(UpstreamError("failed", "x" * 100_000))) == 500


def test_nothing_is_left_to_import_on_the_event_loop() -> None:
    code = (
        "import sys, perfsite.asgi; from apps.chat.assistant.endpoint import Endpoint;"
        " client = Endpoint(base_url='http://127.0.0.1:1/v1', api_key='k', model='m')._load();"
        " before = set(sys.modules); client.chat.completions.create; print(sorted(set(sys.modules) - before))"
    )
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert result.stdout == "[]\n"


def test_client_is_not_imported_at_the_start() -> None:
    code = "import sys, perfsite.asgi; print([name for name in sys.modules if name.startswith(('openai', 'httpx'))])"
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert result.stdout == "[]\n"
