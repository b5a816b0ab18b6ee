"""Draft thresholds against what was recorded: when the breaker would have opened, with nothing touched."""

from typing import Any

import pytest
from django.test import Client

from apps.resilience.breaker import Rules
from apps.resilience.pipeline import Pipeline
from apps.resilience.preview import Opening, preview, replayed
from tests.resilience.test_orders import BROKER, broker, staff
from tests.resilience.virtual import Clock, broken, ended, fine, made, taking

__all__ = ("broker", "staff")


def test_says_when_and_why_it_would_have_opened() -> None:
    clock = Clock()
    breaker = made(clock, failures_in_a_row=0, failure_rate=0)
    for call in (fine, broken, broken, broken, fine, fine):
        ended(breaker, call)
        clock.pass_by(10)
    seen = preview(breaker, Rules(failures_in_a_row=3, recovery_seconds=15, recovery_jitter=0))
    assert seen.openings == (Opening(seconds_ago=30, reason="3 failures in a row"),)
    assert (seen.calls, seen.rejected, seen.covered_seconds) == (6, 1, 60)
    assert breaker.view().window_calls == 6
    assert preview(breaker, Rules()).openings == ()


def test_slow_calls_are_judged_by_the_drafts_own_limit() -> None:
    clock = Clock()
    breaker = made(clock, slow_seconds=60)
    for _ in range(10):
        ended(breaker, taking(clock, 3))
    assert preview(breaker, Rules(slow_seconds=2)).openings[0].reason == "10 of 10 calls took 2 s or longer"


def test_only_the_last_hour_counts() -> None:
    clock = Clock()
    breaker = made(clock, failures_in_a_row=0, failure_rate=0)
    for _ in range(9):
        ended(breaker, broken)
    clock.pass_by(3600)
    assert preview(breaker, Rules()).calls == 9
    clock.pass_by(1)
    ended(breaker, fine)
    assert preview(breaker, Rules()).calls == 1
    assert replayed([], Rules(), now=5).covered_seconds == 0


def test_staff_try_thresholds_in_the_admin(staff: Client, broker: Pipeline) -> None:
    for call in (broken, broken, broken, fine):
        ended(broker.breaker, call)
    path = f"{BROKER}preview/"
    page = " ".join(staff.get(path).content.decode().split())
    assert "the 4 calls that this process recorded" in page
    assert "It would not have opened." in page
    draft: dict[str, Any] = values(broker)
    page = " ".join(staff.get(path, {**draft, "failures_in_a_row": "2"}).content.decode().split())
    assert "2 failures in a row" in page
    assert "1 opening; 2 of 4 calls rejected." in page
    assert broker.breaker.current_state == "closed"


@pytest.mark.parametrize(("field", "value"), [("failures_in_a_row", "-1"), ("minimum_calls", "5000")])
def test_drafts_that_could_not_be_saved_are_refused(staff: Client, broker: Pipeline, field: str, value: str) -> None:
    answer = staff.get(f"{BROKER}preview/", {**values(broker), field: value})
    assert answer.status_code == 422
    assert "With the draft" not in answer.content.decode()


def values(broker: Pipeline) -> dict[str, Any]:
    from apps.resilience.admin.draft import DraftForm

    form = DraftForm(broker.handle.current)
    return {name: "" if field.initial is False else field.initial for name, field in form.fields.items()}
