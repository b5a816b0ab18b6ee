"""The audit log on its page: found, verified, exported, and the way back from a change."""

import csv
import io
from html import unescape
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import Client

from apps.tuning.chain import hash_of
from apps.tuning.handle import Handle
from apps.tuning.log import Search, entries
from apps.tuning.models import AuditEntry
from apps.tuning.overview import standing
from tests.tuning.lamp import LampPolicy
from tests.tuning.test_changes import turn

AUDIT, ENTRY = "/performance/audit/", "/performance/audit/1/"


@pytest.fixture
def changed(db: None, lamp: Handle[LampPolicy]) -> None:
    turn("too dark", watts=50)


def watts() -> int:
    """Return what holds, as the database has it."""
    return int(standing("lamp").values["watts"])


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


@pytest.mark.usefixtures("changed")
def test_the_log_is_searched_and_its_chain_verified(staff: Client) -> None:
    html = page(staff, AUDIT)
    assert "1 entry is complete and unchanged." in html
    assert "too dark" in html
    assert "No entry matches." in page(staff, f"{AUDIT}?q=nobody")
    assert "too dark" in page(staff, f"{AUDIT}?action=policy.changed&q=ann")


@pytest.mark.usefixtures("changed")
def test_a_log_that_was_changed_is_not_called_sound(staff: Client) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE tuning_auditentry DISABLE TRIGGER ALL")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'tuning_auditentry'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute("UPDATE tuning_auditentry SET reason = 'no reason'")
    assert "The log is not sound. Entry 1 was changed." in page(staff, AUDIT).replace("</strong>", "")


@pytest.mark.django_db
def test_a_long_log_is_gone_through_in_pages(staff: Client, lamp: Handle[LampPolicy]) -> None:
    for watts in range(1, 61):
        turn(f"change {watts}", watts=watts if watts != 40 else 41)
    first = page(staff, AUDIT)
    assert "Earlier entries" in first
    number = entries(search=Search(), limit=1)[0].number
    assert f'href="?before={number - 49}"' in first
    assert "Earlier entries" not in page(staff, f"{AUDIT}?before={number - 49}")


@pytest.mark.usefixtures("changed")
def test_an_export_can_be_verified_by_anybody(staff: Client) -> None:
    (line,) = staff.get(f"{AUDIT}audit.jsonl").getvalue().decode().splitlines()
    told = orjson.loads(line)
    assert hash_of({name: value for name, value in told.items() if name != "hash"}) == told["hash"]
    head, row = csv.reader(io.StringIO(staff.get(f"{AUDIT}audit.csv?q=dark").getvalue().decode()))
    assert dict(zip(head, row, strict=True))["reason"] == "too dark"
    assert len(staff.get(f"{AUDIT}audit.csv?q=nobody").getvalue().splitlines()) == 1


@pytest.mark.usefixtures("changed")
def test_an_entry_shows_what_changed(staff: Client) -> None:
    html = page(staff, ENTRY)
    assert '<th scope="row">watts</th><td class="was">40</td><td class="is">50</td>' in html
    assert "may look at policies but not change them" in html


@pytest.mark.usefixtures("changed")
def test_a_change_is_taken_back_from_its_entry(superuser: Client) -> None:
    assert "<strong>watts</strong> 50 → <strong>40</strong>" in page(superuser, ENTRY)
    answer = superuser.post(ENTRY, {"reason": "too bright"})
    assert (answer.status_code, answer.headers["Location"]) == (302, AUDIT)
    assert watts() == 40
    last = AuditEntry.objects.get(pk=2)
    assert (last.action, last.actor_name, last.reason) == ("policy.reverted", "sam", "too bright")
    assert "The policy has the values it had before this change." in page(superuser, ENTRY)


@pytest.mark.usefixtures("changed")
@pytest.mark.parametrize(("fields", "expected"), [({}, "is blank"), ({"reason": "x" * 600}, "500 are the most")])
def test_a_way_back_needs_a_reason(superuser: Client, fields: dict[str, Any], expected: str) -> None:
    answer = superuser.post(ENTRY, fields)
    assert answer.status_code == 422
    assert expected in answer.content.decode()
    assert watts() == 50


@pytest.mark.usefixtures("changed")
def test_going_back_twice_changes_nothing_and_says_so(superuser: Client) -> None:
    superuser.post(ENTRY, {"reason": "too bright"})
    answer = superuser.post(ENTRY, {"reason": "still too bright"})
    assert answer.status_code == 422
    assert "these are the values that hold already" in answer.content.decode()
    assert AuditEntry.objects.count() == 2


@pytest.mark.usefixtures("changed")
def test_staff_who_may_not_change_policies_cannot_go_back(staff: Client) -> None:
    assert staff.post(ENTRY, {"reason": "because"}).status_code == 403
    assert watts() == 50


@pytest.mark.usefixtures("changed")
def test_a_way_back_needs_the_form_s_token() -> None:
    assert Client(enforce_csrf_checks=True).post(ENTRY, {"reason": "x"}).status_code == 403
