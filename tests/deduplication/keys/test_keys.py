"""Single cases of request keys that a property would hide."""

from typing import Any

import pytest
from django.test import RequestFactory

from apps.deduplication.keys import Body, django_key, scope_key
from apps.deduplication.keys.body import CANONICAL_MAX_BYTES, body_digest
from apps.deduplication.keys.digest import digest

JSON = b"application/json"


def key(**changes: Any) -> str:
    options = {name: changes.pop(name) for name in ("principal", "permission", "vary", "body") if name in changes}
    headers = [(b"host", b"chat.example"), *changes.pop("headers", [])]
    scope = {"type": "http", "method": "GET", "scheme": "http", "path": "/a", "raw_path": b"/a", "query_string": b""}
    return scope_key({**scope, "headers": headers, **changes}, **{"principal": b"ann", **options})


def json_key(data: bytes, *, kind: bytes = JSON) -> str:
    return key(body=Body(content_type=kind, data=data))


@pytest.mark.parametrize(
    "change",
    [
        {"principal": b"bob"},
        {"permission": b"staff"},
        {"method": "HEAD"},
        {"scheme": "https"},
        {"raw_path": b"/A"},
        {"raw_path": b"/a/"},
        {"query_string": b"a"},
        {"headers": [(b"accept", b"")]},
        {"headers": [(b"accept", b"text/html")]},
        {"headers": [(b"accept-language", b"de")]},
        {"headers": [(b"authorization", b"Bearer x")]},
        {"headers": [(b"if-none-match", b'"x"')]},
        {"headers": [(b"range", b"bytes=0-1")]},
        {"headers": [(b"hx-request", b"true")], "vary": [b"HX-Request"]},
        {"body": Body(data=b"x")},
        {"body": Body(content_type=b"text/plain")},
    ],
    ids=str,
)
def test_whatever_could_change_the_answer_changes_the_key(change: dict[str, Any]) -> None:
    assert key(**change) != key()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"a=1&b=2", b"b=2&a=1"),
        (b"a=1&b=2", b"&a=1&&b=2&"),
        (b"q=a+b", b"q=a%20b"),
        (b"q=%c3%a9", b"q=\xc3%A9"),
        (b"q=~", b"q=%7e"),
        (b"q=%zz", b"q=%25zz"),
    ],
)
def test_queries_that_say_the_same_have_one_key(one: bytes, other: bytes) -> None:
    assert key(query_string=one) == key(query_string=other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"a=1&a=2", b"a=2&a=1"),
        (b"a=1", b"a=1&a=1"),
        (b"a=", b"a"),
        (b"a=", b""),
        (b"q=a%2Bb", b"q=a+b"),
        (b"a=1%26b=2", b"a=1&b=2"),
        (b"a%3D1", b"a=1"),
        (b"a=b=c", b"a%3Db=c"),
        (b"q=%C3%A9", b"q=e%CC%81"),
        (b"q=A", b"q=a"),
    ],
)
def test_queries_that_say_something_else_have_two_keys(one: bytes, other: bytes) -> None:
    assert key(query_string=one) != key(query_string=other)


def test_paths_are_compared_as_rfc_3986_has_it() -> None:
    assert key(raw_path=b"/%61%7E/%c3%a9") == key(raw_path=b"/a~/\xc3\xa9")
    assert key(raw_path=b"/a%2Fb") != key(raw_path=b"/a/b")
    assert key(raw_path=b"/%zz") != key(raw_path=b"/%25zz")
    assert key(raw_path=b"", path="/a") == key()


def test_a_hosts_default_port_and_the_letters_case_do_not_count() -> None:
    def at(host: bytes, scheme: str = "http") -> str:
        return key(headers=[(b"host", host)], scheme=scheme)

    scope = {"method": "GET", "path": "/a", "query_string": b""}
    names = [b"chat.example", b"CHAT.example:80", b"chat.example:8000", b"chat.example:443"]
    found = [scope_key({**scope, "headers": [(b"host", name)]}, principal=b"") for name in names]
    assert found[0] == found[1]
    assert len(set(found)) == 3
    assert at(b"x", "https") != at(b"x")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (b"text/html, */*;q=0.8", b"text/html,*/* ; q=0.8,", True),
        (b"TEXT/html;Q=1", b"text/html;q=1", True),
        (b"a/b;v=X", b"a/b;v=x", False),
        (b'a/b;v="x, y"', b'a/b;v="x,y"', False),
        (b"text/html, */*", b"*/*, text/html", False),
        (b"a/b" * 200, b"A/b" * 200, True),
    ],
)
def test_accept_is_read_as_a_list(one: bytes, other: bytes, is_same: bool) -> None:
    assert (key(headers=[(b"accept", one)]) == key(headers=[(b"accept", other)])) == is_same


def test_a_header_sent_twice_is_a_list_in_its_order() -> None:
    twice = key(headers=[(b"accept", b"a/b"), (b"accept", b"c/d")])
    assert twice == key(headers=[(b"accept", b"a/b, c/d")])
    assert twice != key(headers=[(b"accept", b"c/d"), (b"accept", b"a/b")])


def test_headers_that_nobody_names_do_not_count() -> None:
    assert key(headers=[(b"user-agent", b"x"), (b"x-request-id", b"1")]) == key()


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (b'{"a":1,"b":2}', b'{ "b" : 2, "a" : 1 }', True),
        (b'"\\u0041"', b'"A"', True),
        (b"1e2", b"100.0", True),
        (b"1", b"1.0", False),
        (b"1", b"true", False),
        (b'"1"', b"1", False),
        (b"9007199254740993", b"9007199254740992", False),
        (b"[1,2]", b"[2,1]", False),
        (b'{"a":1,"a":2}', b'{"a":2}', False),
        (b'{"a":1,"a":2}', b'{"a":2,"a":1}', False),
        ('"é"'.encode(), b'"e\xcc\x81"', False),
        (b"{}", b"[]", False),
        (b"null", b"", False),
        (b"NaN", b"Infinity", False),
        (b"{", b"{ ", False),
        (b"\xff", b"\xfe", False),
        (b"[" * 60_000, b"[" * 60_001, False),
        (b"9" * 5000, b"9" * 5001, False),
    ],
    ids=lambda part: ascii(part[:20]) if isinstance(part, bytes) else str(part),
)
def test_json_goes_by_what_it_says(one: bytes, other: bytes, is_same: bool) -> None:
    assert (json_key(one) == json_key(other)) == is_same


def test_a_body_of_another_type_is_another_body() -> None:
    assert json_key(b"{}") == json_key(b"{ }", kind=b"Application/JSON")
    assert json_key(b"{}", kind=b"text/plain") != json_key(b"{ }", kind=b"text/plain")
    assert json_key(b"{}") != json_key(b"{}", kind=b"text/plain")
    assert json_key(b"{}", kind=b"application/json; Charset=utf-8") == json_key(
        b"{}", kind=b"application/json;charset=utf-8"
    )


def test_long_json_goes_by_its_bytes_and_is_not_read() -> None:
    filler = b'"' + b"x" * CANONICAL_MAX_BYTES + b'"'
    assert json_key(b"[" + filler + b"]") != json_key(b"[ " + filler + b"]")


def test_a_large_body_is_hashed_as_it_is_read() -> None:
    pieces = (b"x" * 1000 for _ in range(1000))
    streamed = body_digest(Body(content_type=b"text/csv", data=pieces))
    assert streamed == body_digest(Body(content_type=b"text/csv", data=b"x" * 1_000_000))
    assert next(pieces, None) is None


def test_inside_django_a_request_has_the_key_it_had_at_the_edge() -> None:
    headers = {"accept": "text/html, */*;q=0.8", "hx-request": "true", "host": "chat.example"}
    request = RequestFactory().get("/a/%C3%A9~%20(1)?b=2&a=%7E", headers=headers)
    at_edge = key(
        raw_path=b"/a/%c3%a9~%20(1)",
        query_string=b"a=~&b=2",
        headers=[(name.encode(), value.encode()) for name, value in headers.items() if name != "host"],
        vary=[b"hx-request"],
    )
    assert django_key(request, principal=b"ann", vary=[b"HX-Request"]) == at_edge
    assert django_key(request, principal=b"bob", vary=[b"HX-Request"]) != at_edge
    with_body = django_key(request, principal=b"ann", vary=[b"HX-Request"], body=Body(content_type=JSON, data=b"{}"))
    assert with_body != at_edge


def test_nobody_can_tell_from_a_key_what_was_asked(settings: Any) -> None:
    before = key()
    settings.SECRET_KEY = "another secret of the site, long enough for anybody"
    assert key() != before
    assert len(before) == 32
    assert "ann" not in before


def test_parts_do_not_run_together() -> None:
    assert digest(b"ab", b"c") != digest(b"a", b"bc")
    assert digest(b"a") != digest(b"a", b"")
