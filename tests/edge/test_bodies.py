import asyncio
import tempfile
from typing import Any

import pytest

from perfsite.edge import body as body_module
from perfsite.edge.application import Edge
from tests.edge.conftest import SPOOL_LIMIT_BYTES
from tests.edge.drive import Call, until

CHUNKED = [(b"transfer-encoding", b"chunked")]
LARGE = 300_000


def post(edge: Edge, path: str, parts: list[bytes], *, length: int | None = None, **options: Any) -> Call:
    size = sum(map(len, parts)) if length is None else length
    headers = [(b"content-length", str(size).encode()), *options.pop("headers", ())]
    return Call(edge, path, method="POST", parts=parts, headers=headers, **options)


async def test_small_body_arrives(edge: Edge) -> None:
    call = await post(edge, "/echo", [b"hello ", b"world"]).run()
    assert call.body == b"hello world"


async def test_body_of_length_zero_is_empty(edge: Edge) -> None:
    call = await post(edge, "/echo", [b""]).run()
    assert (call.status, call.body) == (200, b"")


async def test_large_body_is_streamed_whole(edge: Edge) -> None:
    parts = [bytes([number]) * 50_000 for number in range(6)]
    call = await post(edge, "/echo", parts).run()
    assert call.body == b"".join(parts)


async def test_large_body_can_be_read_line_by_line(edge: Edge) -> None:
    call = await post(edge, "/lines", [b"one line\n" * 10_000]).run()
    assert call.json() == {"lines": 10_000}


async def test_large_form_with_file_is_parsed(edge: Edge) -> None:
    mark = b"--xyz"
    parts = [
        mark + b'\r\nContent-Disposition: form-data; name="text"\r\n\r\nhello\r\n',
        mark + b'\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n',
        b"z" * LARGE,
        b"\r\n" + mark + b"--\r\n",
    ]
    headers = [(b"content-type", b"multipart/form-data; boundary=xyz")]
    call = await post(edge, "/form", parts, headers=headers).run()
    assert call.json() == {"fields": {"text": "hello"}, "files": {"file": LARGE}}


async def test_large_body_is_asked_for_only_as_fast_as_it_is_read(edge: Edge) -> None:
    call = post(edge, "/refuse", [b"x" * 65536] * 10)
    await call.run()
    assert (call.status, call.asked) == (403, 0)


async def test_upload_refused_before_its_100_continue_closes_the_connection(edge: Edge) -> None:
    call = await post(edge, "/refuse", [b"x" * LARGE], headers=[(b"expect", b"100-continue")]).run()
    assert call.headers["connection"] == "close"
    read = await post(edge, "/count", [b"x" * LARGE], headers=[(b"expect", b"100-continue")]).run()
    assert "connection" not in read.headers


async def test_chunked_body_gets_its_length(edge: Edge) -> None:
    call = await Call(edge, "/environ", method="POST", parts=[b"a" * 40_000, b"b" * 40_000], headers=CHUNKED).run()
    assert call.json()["length"] == 80_000
    assert call.json()["environ"]["CONTENT_LENGTH"] == "80000"


async def test_empty_chunked_body_is_empty(edge: Edge) -> None:
    call = await Call(edge, "/echo", method="POST", headers=CHUNKED).run()
    assert (call.status, call.body) == (200, b"")


async def test_chunked_body_past_the_limit_is_refused_and_its_file_is_gone(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: list[Any] = []

    def made(**options: Any) -> Any:
        files.append(tempfile.SpooledTemporaryFile(**options))  # noqa: SIM115  (closing it is what is tested)
        return files[-1]

    monkeypatch.setattr(body_module, "SpooledTemporaryFile", made)
    parts = [b"x" * 300_000] * 4
    call = await Call(edge, "/echo", method="POST", parts=parts, headers=CHUNKED).run()
    assert (call.status, call.headers["connection"]) == (413, "close")
    assert call.json()["detail"] == f"The body is larger than {SPOOL_LIMIT_BYTES} bytes."
    assert files[0].closed


async def test_body_declared_past_the_limit_is_refused_before_a_byte_is_asked_for(edge: Edge) -> None:
    call = await post(edge, "/echo", [b"x"], length=SPOOL_LIMIT_BYTES + 1).run()
    assert (call.status, call.headers["connection"], call.asked) == (413, "close", 0)


@pytest.mark.parametrize("length", [b"ten", b"-1", b"1.5", b"", "²".encode()])
async def test_length_that_is_no_number_is_refused(edge: Edge, length: bytes) -> None:
    call = await Call(edge, "/echo", method="POST", headers=[(b"content-length", length)]).run()
    assert call.status == 400
    assert call.headers["content-type"] == "application/problem+json"
    assert call.json()["detail"] == "Content-Length is not a number."


async def test_body_longer_than_declared_is_refused(edge: Edge) -> None:
    call = await post(edge, "/echo", [b"too long"], length=3).run()
    assert call.status == 413


async def test_client_that_leaves_during_a_small_body_never_enters_django(edge: Edge) -> None:
    call = post(edge, "/hello", [b"begun"], length=100, more=True)
    call.disconnect()
    await call.run()
    assert call.sent == []


async def test_small_body_that_stalls_is_answered_408(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_module, "STALL_SECONDS", 0.05)
    call = await post(edge, "/echo", [b"begun"], length=100, more=True).run()
    assert (call.status, call.headers["connection"]) == (408, "close")


async def test_client_that_leaves_during_a_large_body_frees_its_thread(edge: Edge, caplog: Any) -> None:
    call = post(edge, "/count", [b"x" * 1000], length=LARGE, more=True).begin()
    await until(lambda: call.asked == 2)
    call.disconnect()
    await call.ended()
    assert "UnreadablePostError" in caplog.text
    assert (await Call(edge).run()).status == 200


async def test_large_body_that_stalls_is_broken_off(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_module, "STALL_SECONDS", 0.05)
    call = await post(edge, "/count", [b"x" * 1000], length=LARGE, more=True).run()
    assert call.status in {400, 500}


async def test_upload_that_keeps_moving_uses_none_of_the_time_to_answer(make_edge: Any) -> None:
    edge = make_edge(timeout_seconds=0.2)
    call = post(edge, "/count", [], length=LARGE, more=True).begin()
    for number in range(10):
        await asyncio.sleep(0.05)
        call.upload(b"x" * (LARGE // 10), more=number < 9)
    await call.ended()
    assert (call.status, call.json()) == (200, {"size": LARGE})


async def test_upload_that_trickles_runs_out_of_time(make_edge: Any) -> None:
    edge = make_edge(timeout_seconds=0.1)
    call = post(edge, "/count", [b"x" * 10], length=LARGE, more=True)
    await call.run()
    assert call.status == 503
