"""Static files come through the hop as a browser wants them: by content, compressed, for ever."""

import gzip
import json
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.conf import settings

from perfsite.edge.application import Edge
from tests.edge.drive import Call

NAME = "admin/css/base.css"


@pytest.fixture
def hashed() -> str:
    """The name of a stylesheet as pages link it."""
    manifest = json.loads((Path(settings.STATIC_ROOT) / "staticfiles.json").read_text())
    return str(manifest["paths"][NAME])


async def fetched(edge: Edge, name: str, **headers: str) -> Call:
    fields = [(key.replace("_", "-").encode(), value.encode()) for key, value in headers.items()]
    return await Call(edge, f"/static/{name}", headers=fields).run()


async def test_hashed_name_is_cached_for_ever(edge: Edge, hashed: str) -> None:
    call = await fetched(edge, hashed)
    assert call.status == 200
    assert call.headers["cache-control"] == "max-age=315360000, public, immutable"
    assert call.headers["content-type"].startswith("text/css")
    assert call.body == (Path(settings.STATIC_ROOT) / hashed).read_bytes()


async def test_plain_name_is_not(edge: Edge) -> None:
    call = await fetched(edge, NAME)
    assert "immutable" not in call.headers["cache-control"]


@pytest.mark.parametrize(("encoding", "decode"), [("gzip", gzip.decompress), ("br", brotli.decompress)])
async def test_compressed_copy_is_sent_to_whoever_takes_it(edge: Edge, hashed: str, encoding: str, decode: Any) -> None:
    plain, call = await fetched(edge, hashed), await fetched(edge, hashed, accept_encoding=encoding)
    assert (call.headers["content-encoding"], call.headers["vary"]) == (encoding, "Accept-Encoding")
    assert len(call.body) < len(plain.body)
    assert decode(call.body) == plain.body


async def test_unchanged_file_is_304_without_a_body(edge: Edge, hashed: str) -> None:
    first = await fetched(edge, hashed)
    again = await fetched(edge, hashed, if_none_match=first.headers["etag"])
    assert (again.status, again.body, again.is_complete) == (304, b"", True)


async def test_part_of_a_file_can_be_asked_for(edge: Edge, hashed: str) -> None:
    call = await fetched(edge, hashed, range="bytes=0-9")
    assert (call.status, len(call.body)) == (206, 10)


async def test_unknown_file_is_404(edge: Edge) -> None:
    assert (await fetched(edge, "nothing.css")).status == 404
