"""Probes at the edge: who is told what, without Django being entered."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.finding import Finding
from apps.monitoring.health.health import Health
from apps.monitoring.health.history import History
from apps.monitoring.health.status import Status
from perfsite.edge import request_id
from perfsite.edge.application import Edge
from perfsite.edge.probes import PATHS, Probes
from perfsite.whole import AGAIN, EXTENSION
from tests.edge.drive import Call, until

TOKEN = "a long token"
BEARER = [(b"authorization", b"Bearer a long token")]


class Lamp(Check):
    """Shines as the test wants it to."""

    name = "lamp"
    status = Status.PASS

    def look(self) -> list[Finding]:
        return [Finding(measurement="light", status=self.status, value=3, unit="lx", output="It is dark.")]


class Forgetful(History):
    """Keeps nothing: these tests have no database."""

    def write(self) -> None:
        self._waiting.clear()


@pytest.fixture
def lamp() -> Lamp:
    return Lamp()


@pytest.fixture
def edge(lamp: Lamp, make_edge: Callable[..., Edge]) -> Iterator[Edge]:
    health = Health([lamp], Forgetful("web:here:1"))
    health.start()
    yield make_edge(aside=dict.fromkeys(PATHS, Probes(health, TOKEN)))
    health.stop()


async def asked(edge: Edge, path: str, **options: Any) -> Call:
    call = Call(edge, path, **options)
    await asyncio.wait_for(call.run(), 10)
    return call


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/api/health"])
async def test_anybody_is_told_the_status_in_one_format(edge: Edge, path: str) -> None:
    call = await asked(edge, path)
    assert call.status == 200
    assert call.headers["content-type"] == "application/health+json"
    assert call.headers["cache-control"] == "no-store"
    assert call.headers["x-request-id"]
    assert json.loads(call.body) == {"status": "pass", "version": "0", "releaseId": "0.1.0", "serviceId": "perfsite"}


@pytest.mark.parametrize(("status", "code"), [(Status.WARN, 200), (Status.FAIL, 503)])
async def test_readiness_is_refused_by_what_fails_alone_and_life_by_nothing(
    edge: Edge, lamp: Lamp, status: Status, code: int
) -> None:
    lamp.status = status
    assert [(await asked(edge, path)).status for path in ("/readyz", "/api/health", "/livez")] == [code, code, 200]


async def test_whoever_has_the_token_is_told_every_check(edge: Edge, lamp: Lamp) -> None:
    lamp.status = Status.WARN
    for path in ("/api/health/detailed", "/api/system/health"):
        told = json.loads((await asked(edge, path, headers=BEARER)).body)
        [entry] = told["checks"]["lamp:light"]
        assert entry.pop("time")
        assert entry == {
            "componentType": "component", "status": "warn", "observedValue": 3, "observedUnit": "lx",
            "output": "It is dark.",
        }  # fmt: skip


@pytest.mark.parametrize("given", [b"Bearer a long tokem", b"Bearer ", b"a long token", "Bearer \u00e9".encode()])
async def test_whoever_has_another_is_left_to_django(edge: Edge, given: bytes) -> None:
    call = await asked(edge, "/api/health/detailed", headers=[(b"authorization", given)])
    assert call.status == 401, "as strangers are"


async def test_a_known_probe_gets_an_id_of_its_own_each_time_and_what_is_so_by_then(edge: Edge, lamp: Lamp) -> None:
    await asked(edge, "/readyz")
    written: list[bytes] = []
    mine, write = request_id.current.get(), lambda *pieces: written.append(b"".join(pieces))
    call = await asked(edge, "/readyz", **{EXTENSION: write})
    call.scope[AGAIN](write)
    lamp.status = Status.FAIL
    await until(lambda: call.scope[AGAIN](write) or b"503" in written[-1])
    ids = [re.search(rb"x-request-id: (\w+)\r\n", one) for one in written]
    assert len({one and one[1] for one in ids}) == len(written) > 2
    assert request_id.current.get() == mine


async def test_a_head_is_all_but_the_body(edge: Edge) -> None:
    get, head = await asked(edge, "/readyz"), await asked(edge, "/readyz", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(get.body))


async def test_what_would_write_is_refused(edge: Edge) -> None:
    call = await asked(edge, "/livez", method="POST")
    assert (call.status, call.headers["allow"]) == (405, "GET, HEAD")


async def test_health_that_cannot_be_told_is_503_with_a_reason(make_edge: Callable[..., Edge], lamp: Lamp) -> None:
    class Stuck(Health):
        async def reported(self) -> Any:
            raise TimeoutError

    edge = make_edge(aside=dict.fromkeys(PATHS, Probes(Stuck([lamp], Forgetful("web:here:1")), "")))
    call = await asked(edge, "/readyz")
    assert (call.status, call.headers["retry-after"]) == (503, "1")
    assert (await asked(edge, "/livez")).status == 200
