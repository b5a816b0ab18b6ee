"""Asking again for what has not changed."""

from typing import Any

import pytest
from django.http import HttpResponse

from apps.chat.api.urls import api
from apps.chat.records import ConversationRecord
from tests.chat.api.caller import Caller

PATHS = ("", "/{0}", "/{0}/messages", "/{0}/members")


def asked(caller: Caller, path: str, *, etag: str = "", method: str = "GET") -> HttpResponse:
    """Ask with what the caller has."""
    response: HttpResponse = caller.call(method, path, headers={"If-None-Match": etag} if etag else None)
    return response


@pytest.fixture
def paths(where: ConversationRecord) -> list[str]:
    """The history and the lists."""
    return [f"/conversations{path.format(where.id)}" for path in PATHS]


def test_what_has_not_changed_is_not_sent_again(as_ann: Caller, paths: list[str]) -> None:
    for path in paths:
        first = asked(as_ann, path)
        again = asked(as_ann, path, etag=first.headers["ETag"])
        assert first.headers["ETag"].startswith('"'), path
        assert (again.status_code, again.content) == (304, b""), path
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"] == "private, no-cache"


def test_what_has_changed_is_sent_whole(as_ann: Caller, where: ConversationRecord) -> None:
    path = f"/conversations/{where.id}/messages"
    etag = asked(as_ann, path).headers["ETag"]
    as_ann.post(path, {"text": "Another"})
    again = asked(as_ann, path, etag=etag)
    assert again.status_code == 200
    assert again.headers["ETag"] != etag


@pytest.mark.parametrize("known", ["W/{0}", '"other", {0}'])
def test_an_etag_is_known_weakened_and_among_others(as_ann: Caller, paths: list[str], known: str) -> None:
    etag = asked(as_ann, paths[0]).headers["ETag"]
    assert asked(as_ann, paths[0], etag=known.format(etag)).status_code == 304
    assert asked(as_ann, paths[0], etag=known.format(etag), method="HEAD").status_code == 304


def test_a_caller_without_the_right_learns_nothing_by_an_etag(as_ann: Caller, as_eve: Caller, paths: list[str]) -> None:
    etag = asked(as_ann, paths[2]).headers["ETag"]
    assert asked(as_eve, paths[2], etag=etag).status_code == 404
    assert asked(Caller(), paths[2], etag=etag).status_code == 401


def test_every_json_answer_to_get_is_documented_with_its_etag() -> None:
    reads = [one["get"]["responses"] for one in api.document["paths"].values() if "get" in one]
    told: list[Any] = [one for one in reads if "application/json" in one[200].get("content", {})]
    assert len(told) == len(reads) - 1  # a file is streamed
    assert all("ETag" in one[status]["headers"] for one in told for status in (200, 304))
