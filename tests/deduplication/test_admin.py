"""Flights in the admin: what is under way anywhere, taking a lead away, what the auditor found."""

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from apps.backplane.current import bus, stop_bus
from apps.chat.models import User
from apps.deduplication.audit.execution import Execution
from apps.deduplication.audit.journal import Journal
from apps.deduplication.flights.current import stop_table, table
from apps.deduplication.flights.policy import FlightPolicy
from apps.deduplication.flights.run import run
from apps.deduplication.flights.scope import Scope
from apps.deduplication.flights.survey import survey
from apps.deduplication.models import FlightExecution
from apps.deduplication.service import Deduplication
from apps.tuning.models import AuditEntry
from tests.servers.deadline import eventually

FLIGHTS = "/admin/deduplication/liveflight/"
BOOK = "/admin/deduplication/flightexecution/"
PATIENT = replace(FlightPolicy(), wait_seconds=60)  # the first page of a process takes a while on a busy machine
pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(client: Client, *permissions: str, **fields: Any) -> Client:
    user = User.objects.create_user("sam", is_staff=True, **fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


@pytest.fixture
def service() -> Iterator[Deduplication]:
    """The running part of the server."""
    made = Deduplication()
    made.start()
    yield made
    made.stop()
    # It ends by itself where the database keeps it longer than a server that stops would wait.
    eventually(lambda: all(thread.name != "auditor" for thread in threading.enumerate()))
    stop_table()
    stop_bus()


class Held:
    """A flight that ends when it is let go; `runs` counts its executions."""

    def __init__(self, scope: Scope) -> None:
        self.scope, self.opened, self.runs = scope, threading.Event(), 0
        self.threads: list[threading.Thread] = []

    def work(self) -> bytes:
        self.runs += 1
        self.opened.wait(20)
        return b"done"

    def begin(self) -> None:
        flight = (table(), self.scope, self.scope.digest("k"), self.work)
        thread = threading.Thread(target=run, args=flight, kwargs={"policy": PATIENT}, daemon=True)
        thread.start()
        self.threads.append(thread)
        eventually(lambda: self.runs and sum(len(one.flight.callers) for one in table().aloft()) == len(self.threads))

    def end(self) -> None:
        self.opened.set()
        for thread in self.threads:
            thread.join(20)


@pytest.fixture
def held(service: Deduplication, scope: Scope) -> Iterator[Held]:
    """A leader and a waiter."""
    made = Held(scope)
    made.begin()
    made.begin()
    yield made
    made.end()


def test_what_is_under_way_is_shown_with_its_waiters_and_leader(client: Client, held: Held) -> None:
    text = unescape(signed_in(client, is_superuser=True).get(FLIGHTS).content.decode())
    (row,) = survey(bus()).rows
    assert (row.waiters, row.is_leader, row.state, row.scope) == (1, True, "leading", "test")
    for expected in ("1 waiting", row.digest[:8], row.origin, "leading", "Revoke"):
        assert expected in text


def test_what_a_scope_saved_is_shown_by_process_with_its_waiting_times(client: Client, held: Held) -> None:
    run(table(), held.scope, held.scope.digest("other"), bytes, policy=replace(FlightPolicy(), table_size=1))
    held.end()
    text = " ".join(unescape(signed_in(client, is_superuser=True).get(FLIGHTS).content.decode()).split())
    (origin,) = survey(bus()).processes
    assert "1 process answered" in text
    for expected in ("1 saved (33%)", "half waited ≤", origin, "Waiting times", "Over the bound", "<meter"):
        assert expected in text
    total = survey(bus()).total("test")
    assert (total.tally.leaders, total.tally.waiters, total.tally.unshared) == (1, 1, 1)
    assert (total.tally.overflows, total.size) == (1, 0)


def test_revoking_frees_who_waits_and_is_audited(client: Client, held: Held) -> None:
    (row,) = survey(bus()).rows
    order = {"digest": row.digest, "round": row.round, "reason": "hangs"}
    answer = signed_in(client, is_superuser=True).post(f"{FLIGHTS}revoke/", order, follow=True)
    assert b"begins anew" in answer.content
    eventually(lambda: held.runs == 2)
    entry = AuditEntry.objects.get(action="flight.revoked")
    assert (entry.target, entry.reason, entry.actor_name) == (f"flight:{row.digest}", "hangs", "sam")


def test_without_a_reason_or_the_right_nothing_is_revoked(client: Client, held: Held) -> None:
    (row,) = survey(bus()).rows
    order = {"digest": row.digest, "round": row.round, "reason": " "}
    viewer = signed_in(client, "view_liveflight")
    assert b"Revoke</" not in viewer.get(FLIGHTS).content
    assert viewer.post(f"{FLIGHTS}revoke/", {**order, "reason": "r"}).status_code == 403
    assert viewer.get(f"{FLIGHTS}revoke/").status_code == 403
    User.objects.filter(username="sam").update(is_superuser=True)
    assert b"say why" in viewer.post(f"{FLIGHTS}revoke/", order, follow=True).content
    assert held.runs == 1
    assert not AuditEntry.objects.exists()


def test_strangers_to_flights_see_nothing(client: Client, service: Deduplication) -> None:
    assert signed_in(client).get(FLIGHTS).status_code == 403


def test_a_lost_guarantee_is_said(client: Client, service: Deduplication) -> None:
    staff = signed_in(client, is_superuser=True)
    assert b"Nothing is under way" in staff.get(FLIGHTS).content
    table().guarantee.lose("ConnectionError: gone")
    assert b"ConnectionError: gone" in staff.get(FLIGHTS).content


def test_findings_are_listed_and_lead_to_the_history_of_their_key(client: Client) -> None:
    now = time.monotonic_ns()
    for number in range(2):
        made = Execution("edge", "d" * 32, f"t{number}", is_alone=False, started_ns=now - 5 * 10**9)
        made.ended_ns = now
        Journal().write(ended=[made], running=[])
    assert Journal().judge() == 1
    staff = signed_in(client, is_superuser=True)
    found = staff.get(f"{BOOK}?verdict__exact=duplicate").content.decode()
    assert f"?q={'d' * 32}" in found
    history = staff.get(f"{BOOK}?q={'d' * 32}").content.decode()
    assert history.count("5000.0") == 2
    row = FlightExecution.objects.get(verdict="duplicate")
    page = staff.get(f"{BOOK}{row.pk}/change/")
    assert page.status_code == 200
    assert str(row.token) in page.content.decode()
    assert b'name="_save"' not in page.content


def test_the_service_ends_before_it_began_and_twice() -> None:
    service = Deduplication()
    service.stop()
    assert service.auditor is None


def test_coroutines_are_seen_like_threads(service: Deduplication, scope: Scope) -> None:
    async def seen() -> list[str]:
        begun, opened = asyncio.Event(), asyncio.Event()

        async def work() -> bytes:
            begun.set()
            await opened.wait()
            return b"done"

        call = asyncio.create_task(scope.run_async("k", work))
        await begun.wait()
        rows = (await asyncio.to_thread(survey, bus())).rows
        opened.set()
        await call
        return [row.state for row in rows]

    assert asyncio.run(seen()) == ["leading"]
