from typing import Any

import pytest

from perfsite.edge.application import Edge
from tests.edge.drive import Call


async def seen(edge: Edge, path: str = "/environ", **options: Any) -> dict[str, Any]:
    call = await Call(edge, path, **options).run()
    assert call.status == 200, call.body
    return call.json()


async def test_method_path_and_query_arrive(edge: Edge) -> None:
    request = await seen(edge, "/environ/a", method="PATCH", query_string=b"a=1&b=%C3%A9")
    assert (request["method"], request["path"]) == ("PATCH", "/environ/a")
    assert request["query"] == {"a": "1", "b": "é"}


async def test_addresses_and_scheme_come_from_the_server(edge: Edge) -> None:
    request = await seen(edge, scheme="https", client=("10.1.2.3", 4711), server=("example.org", 443))
    environ = request["environ"]
    assert (environ["REMOTE_ADDR"], environ["REMOTE_PORT"]) == ("10.1.2.3", "4711")
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("example.org", "443")
    assert request["scheme"] == "https"


async def test_missing_addresses_are_no_error(edge: Edge) -> None:
    request = await seen(edge, client=None, server=("/run/perfsite.socket", None))
    assert request["environ"]["REMOTE_ADDR"] == ""
    assert request["environ"]["SERVER_PORT"] == ""


async def test_header_with_underscore_cannot_pose_as_another(edge: Edge) -> None:
    headers = [(b"x_forwarded_for", b"6.6.6.6"), (b"content_length", b"9"), (b"x-real", b"kept")]
    environ = (await seen(edge, headers=headers))["environ"]
    assert "HTTP_X_FORWARDED_FOR" not in environ
    assert environ["CONTENT_LENGTH"] == ""
    assert environ["HTTP_X_REAL"] == "kept"


async def test_repeated_headers_are_joined_by_comma_and_cookies_by_semicolon(edge: Edge) -> None:
    headers = [(b"accept", b"text/html"), (b"accept", b"*/*"), (b"cookie", b"a=1"), (b"cookie", b"b=2")]
    request = await seen(edge, headers=headers)
    assert request["environ"]["HTTP_ACCEPT"] == "text/html,*/*"
    assert request["cookies"] == {"a": "1", "b": "2"}


async def test_encoded_path_is_decoded_once(edge: Edge) -> None:
    request = await seen(edge, raw_path=b"/environ/caf%C3%A9/%2541", path="/environ/café/%41")
    assert request["path"] == "/environ/café/%41"


async def test_path_that_is_no_utf8_stays_percent_encoded_as_under_wsgi(edge: Edge) -> None:
    request = await seen(edge, raw_path=b"/environ/%FF%fe", path="/environ/\ufffd\ufffd")
    assert request["path"] == "/environ/%FF%FE"


async def test_path_without_raw_path_is_used_as_it_is(edge: Edge) -> None:
    request = await seen(edge, "/environ/é", raw_path=None)
    assert request["path"] == "/environ/é"


async def test_root_path_is_the_script_name(edge: Edge) -> None:
    request = await seen(edge, path="/chat/environ", raw_path=b"/chat/environ", root_path="/chat")
    assert request["environ"]["SCRIPT_NAME"] == "/chat"
    assert request["environ"]["PATH_INFO"] == "/environ"
    assert request["path"] == "/chat/environ"


@pytest.mark.parametrize("name", [b"abc-1.2_3", b"A" * 64])
async def test_decent_request_id_is_kept(edge: Edge, name: bytes) -> None:
    call = await Call(edge, "/environ", headers=[(b"x-request-id", name)]).run()
    assert call.headers["x-request-id"] == name.decode()
    assert call.json()["environ"]["HTTP_X_REQUEST_ID"] == name.decode()


@pytest.mark.parametrize("name", [b"", b"a b", b"<script>", b"A" * 65, b"caf\xe9"])
async def test_request_id_that_could_do_harm_is_replaced(edge: Edge, name: bytes) -> None:
    call = await Call(edge, "/environ", headers=[(b"x-request-id", name)]).run()
    made = call.headers["x-request-id"]
    assert len(made) == 32
    assert int(made, 16)
    assert call.json()["environ"]["HTTP_X_REQUEST_ID"] == made


async def test_each_request_gets_its_own_id_and_its_time(edge: Edge) -> None:
    first, second = await Call(edge).run(), await Call(edge).run()
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert first.headers["server-timing"].startswith("app;dur=")
    assert float(first.headers["server-timing"].removeprefix("app;dur=")) >= 0
