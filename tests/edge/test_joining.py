"""Equal safe requests under way become one before a thread is taken; whatever is one client's alone stays so."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

from apps.deduplication.http.current import generation
from apps.deduplication.http.policy import EDGE
from apps.deduplication.http.unshareable import unshareable
from perfsite.edge import departure, recording
from perfsite.edge.application import Edge
from perfsite.edge.pool import Pool
from tests.edge import joined, views
from tests.edge.drive import Call, until

CROWD = 50


@pytest.fixture(autouse=True)
def quick_departures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notice a client's leaving fast."""
    monkeypatch.setattr(departure, "QUIET_SECONDS", 0.01)


def crowd(edge: Edge, path: str = "/joined/plain", *, count: int = CROWD, **options: Any) -> list[Call]:
    return [Call(edge, path, **options).begin() for _ in range(count)]


async def all_wait(count: int) -> None:
    """Return once so many wait for their flight."""
    from apps.deduplication.flights.current import table

    await until(lambda: sum(len(aloft.flight.callers) for aloft in table().aloft()) == count)


async def answered(calls: list[Call]) -> list[Call]:
    return [await call.ended() for call in calls]


async def test_a_crowd_is_answered_by_one_execution_each_under_its_own_name(edge: Edge, pool: Pool) -> None:
    calls = crowd(edge)
    await all_wait(CROWD)
    await until(lambda: views.entered)
    assert pool.waiting == 0
    views.opened.set()
    answers = await answered(calls)
    assert {(call.status, call.body) for call in answers} == {(200, b"for None None")}
    assert len({call.headers["x-request-id"] for call in answers}) == CROWD
    assert all(call.headers["server-timing"].startswith("app;dur=") and call.is_complete for call in answers)
    assert views.entered == ["GET plain"]


@pytest.mark.parametrize(
    "other",
    [
        {"headers": [(b"cookie", b"sessionid=bob")]},
        {"headers": [(b"cookie", b"sessionid=ann; csrftoken=other")]},
        {"headers": [(b"cookie", b"sessionid=ann"), (b"accept", b"text/html")]},
        {"headers": [(b"cookie", b"sessionid=ann"), (b"accept-language", b"de")]},
        {"headers": [(b"cookie", b"sessionid=ann"), (b"authorization", b"Bearer x")]},
        {"headers": [(b"cookie", b"sessionid=ann"), (b"if-none-match", b'"a"')]},
        {"headers": [(b"cookie", b"sessionid=ann"), (b"range", b"bytes=0-1")]},
        {"headers": [(b"cookie", b"sessionid=ann")], "query_string": b"page=2"},
        {"headers": [(b"cookie", b"sessionid=ann")], "method": "HEAD"},
        {"headers": [(b"cookie", b"sessionid=ann")], "scheme": "https"},
    ],
)
async def test_what_changes_the_answer_has_an_execution_of_its_own(edge: Edge, other: dict[str, Any]) -> None:
    from apps.deduplication.flights.current import table

    calls = [Call(edge, "/joined/plain", headers=[(b"cookie", b"sessionid=ann")]).begin()]
    calls.append(Call(edge, "/joined/plain", **other).begin())
    await until(lambda: len(table().aloft()) == 2)
    assert [len(aloft.flight.callers) for aloft in table().aloft()] == [1, 1]
    for call in calls:
        call.disconnect()
    await answered(calls)


@pytest.mark.parametrize("kind", ["cookie", "token", "vary", "no-store", "error", "large", "stream"])
async def test_an_answer_that_is_one_clients_alone_makes_the_others_take_turns(edge: Edge, kind: str) -> None:
    reason = {"token": "cookie", "large": "size"}.get(kind, kind)
    before, overlapped = unshareable[reason], len(joined.overlaps)
    calls = crowd(edge, f"/joined/{kind}", count=4)
    await all_wait(4)
    views.opened.set()
    answers = await answered(calls)
    assert len({call.status for call in answers}) == 1
    assert all(call.is_complete and call.body for call in answers)
    assert views.entered == [f"GET {kind}"] * 4
    assert unshareable[reason] == before + 4
    assert len(joined.overlaps) == overlapped
    if kind == "token":
        assert len({call.body for call in answers}) == 4


async def test_an_answer_that_varies_by_what_the_key_holds_is_shared(edge: Edge) -> None:
    calls = crowd(edge, "/joined/keyed", count=4)
    await all_wait(4)
    views.opened.set()
    assert [call.body for call in await answered(calls)] == [b"all"] * 4
    assert views.entered == ["GET keyed"]


async def test_views_that_do_not_say_so_and_requests_with_a_body_are_not_joined(edge: Edge) -> None:
    before = EDGE.tally.leaders
    await Call(edge, "/hello").run()
    views.opened.set()
    await Call(edge, "/joined/plain", parts=[b"x"], headers=[(b"content-length", b"1")]).run()
    await Call(edge, "/joined/plain", method="OPTIONS").run()
    assert views.entered == ["/hello", "GET plain", "OPTIONS plain"]
    assert EDGE.tally.leaders == before


async def test_a_client_that_leaves_ends_nobody_elses_request(edge: Edge) -> None:
    calls = crowd(edge, count=3)
    await all_wait(3)
    calls[0].disconnect()
    await calls[0].ended()
    await all_wait(2)
    views.opened.set()
    assert [call.body for call in await answered(calls[1:])] == [b"for None None"] * 2
    assert calls[0].sent == []
    assert views.entered == ["GET plain"]


async def test_what_all_have_left_while_it_waited_for_a_thread_never_enters_django(edge: Edge, pool: Pool) -> None:
    busy = [Call(edge, "/wait").begin() for _ in range(pool.size)]
    await until(lambda: views.entered == ["/wait"] * pool.size)
    calls = crowd(edge, count=2)
    await all_wait(2)
    for call in calls:
        call.disconnect()
    await answered(calls)
    views.opened.set()
    await answered(busy)
    assert (await Call(edge, "/hello").run()).status == 200
    assert "GET plain" not in views.entered


async def test_who_waits_too_long_is_told_to_come_back_and_nothing_runs_twice(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    policy = replace(EDGE.policy.current, wait_seconds=0.3, lease_seconds=0.2)
    monkeypatch.setattr(EDGE, "policy", type("Held", (), {"current": policy})())
    first = Call(edge, "/joined/plain").begin()
    await all_wait(1)
    second = await Call(edge, "/joined/plain").run()
    assert (second.status, second.headers["retry-after"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "1")
    assert second.json()["request_id"] == second.headers["x-request-id"]
    views.opened.set()
    assert (await first.ended()).status == 200
    assert views.entered == ["GET plain"]


async def test_the_deadline_of_a_request_holds_for_all_who_wait(make_edge: Callable[..., Edge]) -> None:
    calls = crowd(make_edge(timeout_seconds=0.1), count=2)
    await all_wait(2)
    first, second = await answered(calls)
    assert (first.status, second.status) == (503, 503)
    assert [call.json()["request_id"] for call in (first, second)] == [
        call.headers["x-request-id"] for call in (first, second)
    ]
    assert (first.headers["retry-after"], second.headers["retry-after"]) == ("5", "5")
    assert views.entered == ["GET plain"]


async def test_who_reads_after_a_write_never_gets_what_was_begun_before_it(edge: Edge) -> None:
    early = Call(edge, "/joined/plain").begin()
    await until(lambda: views.entered == ["GET plain"])
    generation().advance()
    late = Call(edge, "/joined/plain").begin()
    await until(lambda: views.entered == ["GET plain"] * 2)
    views.opened.set()
    assert [call.status for call in await answered([early, late])] == [200, 200]


async def test_who_comes_long_after_the_beginning_does_not_join(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "JOINABLE_SECONDS", 0.01)
    before = generation().name
    call = Call(edge, "/joined/plain").begin()
    await until(lambda: generation().name != before)
    views.opened.set()
    assert (await call.ended()).status == 200
