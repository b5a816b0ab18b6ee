"""The fake endpoint through the official client, well and badly behaved."""

import asyncio
import re
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import openai
import pytest
from django.core.management import CommandError, call_command

from apps.resilience.drill.server import FakeAssistant
from apps.resilience.drill.upset import Ending, Fate, Upset
from apps.resilience.exceptions import AttemptTimeoutError, BulkheadFullError, CircuitOpenError, TruncatedError
from apps.resilience.pipeline import Pipeline, declare_dependency, pipeline
from apps.resilience.pipeline.registry import withdraw_dependency
from tests.servers.deadline import eventually
from tests.servers.process import ServerProcess
from tests.tuning.obeying import obeying

PROBES = 5
MESSAGES: Any = [{"role": "user", "content": "What is tea?"}]


@asynccontextmanager
async def fake(**upset: float) -> AsyncIterator[openai.AsyncOpenAI]:
    server = await FakeAssistant(Upset(**upset)).serve(host="127.0.0.1", port=0)
    port = server.sockets[0].getsockname()[1]
    async with openai.AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="x", max_retries=0) as client:
        yield client
    server.close()


async def asked(client: openai.AsyncOpenAI, **options: Any) -> Any:
    return await client.chat.completions.create(model="fake", messages=MESSAGES, **options)


async def read(stream: Any) -> list[Any]:
    return [piece async for piece in stream]


async def counted(client: openai.AsyncOpenAI) -> dict[str, int]:
    found: Any = await client.get("http://" + client.base_url.netloc.decode() + "/stats", cast_to=object)
    return dict(found)


async def test_answers_whole_and_in_pieces_the_same_words() -> None:
    async with fake() as client:
        whole = await asked(client)
        pieces = await read(await asked(client, stream=True, stream_options={"include_usage": True}))
        text = "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
        plain = await read(await asked(client, stream=True))
        assert [len(piece.choices) for piece in plain] == [1] * 26
        assert (await client.models.list()).data[0].id == "fake"
        stats = await counted(client)
    assert text == whole.choices[0].message.content
    assert len(text.split()) == 24
    assert pieces[-2].choices[0].finish_reason == "stop"
    assert pieces[-1].usage == whole.usage
    assert (stats["requests"], stats["fine"], stats["most_at_once"]) == (3, 3, 1)


async def test_errors_limits_and_bad_requests_are_the_clients_own_errors() -> None:
    async with fake(error_rate=1.0) as client:
        with pytest.raises(openai.InternalServerError):
            await asked(client)
    async with fake(rate_limit=0.5) as client:
        await asked(client)
        with pytest.raises(openai.RateLimitError) as caught:
            await asked(client)
        assert caught.value.response.headers["retry-after"] == "2"
        with pytest.raises(openai.BadRequestError, match="messages"):
            await client.chat.completions.create(model="fake", messages=[])
        with pytest.raises(openai.NotFoundError):
            await client.embeddings.create(model="fake", input="x")


async def test_hangs_until_the_other_side_gives_up() -> None:
    async with fake(hang_rate=1.0) as client:
        with pytest.raises(openai.APITimeoutError):
            await asked(client, timeout=0.1)
        assert (await counted(client))["hang"] == 1


async def test_streams_break_off() -> None:
    async with fake(cut_rate=1.0) as client:
        with pytest.raises(openai.APIConnectionError):
            await read(await asked(client, stream=True))
        assert (await counted(client))["cut"] == 1


async def test_faults_change_while_it_runs() -> None:
    async with fake(error_rate=1.0) as client:
        faults = "http://" + client.base_url.netloc.decode() + "/faults"
        changed: Any = await client.post(faults, body={"error_rate": 0}, cast_to=object)
        assert (changed["error_rate"], changed["latency_ms"]) == (0, 0)
        assert (await asked(client)).choices
        with pytest.raises(openai.BadRequestError, match="error_rate"):
            await client.post(faults, body={"humour": 1}, cast_to=object)


def test_a_seed_repeats_its_faults() -> None:
    upset = Upset(error_rate=0.3, hang_rate=0.2, cut_rate=0.1)
    one, other = (Fate(upset, seed=5) for _ in range(2))
    endings = [one.drawn(0)[0] for _ in range(1000)]
    assert endings == [other.drawn(0)[0] for _ in range(1000)]
    assert 250 < one.counts[Ending.ERROR] < 350
    assert 50 < one.counts[Ending.CUT] < 150


@pytest.fixture
def upstream() -> Iterator[Pipeline]:
    values: dict[str, Any] = {"attempt_seconds": 0.2, "deadline_seconds": 1.0, "attempts": 1, "failures_in_a_row": 3}
    declare_dependency("upstream", title="the fake", **values)
    yield pipeline("upstream")
    withdraw_dependency("upstream")


def streaming(client: openai.AsyncOpenAI) -> Callable[[], AsyncIterator[Any]]:
    async def pieces() -> AsyncIterator[Any]:
        async for piece in await asked(client, stream=True):
            yield piece

    return pieces


async def test_a_hung_upstream_opens_the_breaker_and_is_asked_no_more(upstream: Pipeline) -> None:
    async with fake(hang_rate=1.0) as client:
        calls = [upstream.call_async(asked, client) for _ in range(3)]
        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(one) for one in ended] == [AttemptTimeoutError] * 3
        for _ in range(20):
            with pytest.raises(CircuitOpenError):
                await upstream.call_async(asked, client)
        assert (await counted(client))["requests"] == 3


async def test_two_hundred_against_a_hung_upstream_are_told_soon_and_one_probe_brings_it_back(
    upstream: Pipeline,
) -> None:
    places = {"places_at_start": 16, "places_most": 16, "queue_calls": 8, "queue_seconds": 0.1}
    with obeying(upstream.handle, recovery_seconds=0.5, **places):
        async with fake(hang_rate=1.0) as client:
            begin = time.monotonic()
            ended = await together(upstream, client)
            took = time.monotonic() - begin
            held = await counted(client)
            faults = "http://" + client.base_url.netloc.decode() + "/faults"
            await client.post(faults, body={"hang_rate": 0}, cast_to=object)
            told = {type(one) for one in ended} - {CircuitOpenError}  # who waited until it had opened
            assert told == {AttemptTimeoutError, BulkheadFullError}
            assert upstream.breaker.current_state == "open"
            assert took < 3
            assert held["most_at_once"] <= 16 + 1, "the places, and the one who counts"
            for _ in range(PROBES):
                await probed(upstream, client)
                if upstream.breaker.current_state == "closed":
                    break  # else the machine was too busy for the probe's deadline
    assert upstream.breaker.current_state == "closed"


async def probed(upstream: Pipeline, client: openai.AsyncOpenAI) -> None:
    """Let all call when a probe is due: one is let through, whatever becomes of it."""
    await asyncio.to_thread(eventually, lambda: not upstream.breaker.view().next_probe_seconds)
    before = (await counted(client))["requests"]
    ended = await together(upstream, client)
    assert (await counted(client))["requests"] - before == 1
    assert [type(one) for one in ended].count(CircuitOpenError) == 199


async def together(upstream: Pipeline, client: openai.AsyncOpenAI) -> list[Any]:
    return await asyncio.gather(*(upstream.call_async(asked, client) for _ in range(200)), return_exceptions=True)


async def test_a_cut_stream_is_a_failure_of_the_upstream(upstream: Pipeline) -> None:
    async with fake(cut_rate=1.0) as client:
        stream = upstream.stream(streaming(client), is_complete=lambda piece: bool(piece.choices[0].finish_reason))
        with pytest.raises((TruncatedError, openai.APIConnectionError)):
            await read(stream)
    assert upstream.breaker.view().failures == 1


async def test_a_connection_that_sends_nonsense_is_closed() -> None:
    server = await FakeAssistant(Upset()).serve(host="127.0.0.1", port=0)
    port = server.sockets[0].getsockname()[1]
    for sent in (b"junk\r\n\r\n", b"POST /faults HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        writer.write_eof()
        answer = await reader.read()
        assert answer == b"" or answer.startswith(b"HTTP/1.1 404")
        writer.close()
    server.close()


def test_the_command_serves_and_says_where(tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "fake_assistant", "--port=0", "--latency-ms=1", "--seed=3"]
    process = ServerProcess(command, log=tmp_path / "log")
    try:
        process.wait_until(lambda: "ASSISTANT_BASE_URL=" in process.log())
        found = re.search(r"http://127.0.0.1:(\d+)/v1", process.log())
        assert found
        with openai.OpenAI(base_url=found[0], api_key="x") as client:
            assert client.chat.completions.create(model="fake", messages=MESSAGES).choices
    finally:
        process.stop(signal.SIGINT)
    assert "The fake assistant ends." in process.log()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(found[1]))) != 0


@pytest.mark.parametrize("option", ["--error-rate=2", "--hang-rate=-1", "--latency-ms=soon"])
def test_the_command_refuses_what_is_no_share(option: str) -> None:
    with pytest.raises(CommandError, match="is no"):
        call_command("fake_assistant", option)
