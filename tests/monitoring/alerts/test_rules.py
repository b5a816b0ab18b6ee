"""What each rule reads of the site."""

import time
from datetime import UTC, datetime

import pytest

from apps.caching.models import FreshnessViolation
from apps.deduplication.models import FlightExecution
from apps.monitoring.alerts.rules import RULES
from apps.monitoring.alerts.rules.breakers import BreakersRule
from apps.monitoring.alerts.rules.errors import ErrorsRule
from apps.monitoring.alerts.rules.findings import DuplicatesRule, FreshnessRule
from apps.monitoring.alerts.rules.health import HealthRule
from apps.monitoring.alerts.rules.memory import MemoryRule
from apps.monitoring.alerts.rules.queues import QueuesRule
from apps.monitoring.models import Series, Snapshot
from apps.resilience.breaker import Mode
from apps.resilience.pipeline import pipeline
from tests.tuning.obeying import obeying

pytestmark = pytest.mark.django_db


def test_each_rule_has_a_name_a_policy_and_a_title() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.policy.name == f"alert_{rule.name}" and rule.title for rule in RULES)


def test_an_open_breaker_is_read_with_its_dependency() -> None:
    with obeying(pipeline("smtp").handle, mode=Mode.FORCED_OPEN):
        readings = {one.key: one for one in BreakersRule().read(time.time())}
    assert readings["smtp"].value == 1
    assert readings["smtp"].output.startswith("Calls to the mail server are rejected.")
    assert readings["assistant"].value == 0


def test_the_depth_of_each_queue_is_read() -> None:
    assert {one.key for one in QueuesRule().read(time.time())} == {"celery", "import"}


def test_memory_is_read_in_percent() -> None:
    [reading] = MemoryRule().read(time.time())
    assert 0 < reading.value <= 100


def test_findings_of_the_auditors_are_counted_for_ten_minutes() -> None:
    now = datetime.now(UTC)
    FreshnessViolation.objects.create(
        namespace="n", digest="d", level="L1", origin="o", tag="t", why="w", seconds=1, age_seconds=1, history=[]
    )
    FlightExecution.objects.create(
        scope="s", digest="d", host="h", pid=1, clock="c", offset_ns=0, started_ns=0, ended_ns=0, verdict="duplicate",
        started_at=now, seen_at=now,
    )  # fmt: skip
    at = time.time()
    for rule in (FreshnessRule(), DuplicatesRule()):
        assert [one.value for one in rule.read(at + 1)] == [1]
        assert [one.value for one in rule.read(at + 700)] == [0]


def answered(status: str, count: int, at: float) -> None:
    series = Series.objects.create(metric="http_request_duration_seconds", labels=f'["GET","r","{status}"]')
    Snapshot.objects.create(
        series=series, resolution=10, start=int(at) // 10 * 10, worker=1, count=count, total=1, maximum=1
    )


def test_the_share_of_failed_requests_is_read_from_all_processes_snapshots() -> None:
    at = time.time()
    answered("200", 95, at)
    answered("503", 5, at)
    [reading] = ErrorsRule().read(at)
    assert (reading.value, reading.output) == (5.0, "5 of 100 requests in five minutes failed.")
    assert [one.value for one in ErrorsRule().read(at + 400)] == [0]


def test_of_a_handful_of_requests_no_share_is_told() -> None:
    answered("500", 5, time.time())
    assert [one.value for one in ErrorsRule().read(time.time())] == [0]


@pytest.mark.django_db(transaction=True)
def test_health_is_read_check_by_check() -> None:
    readings = {one.key: one for one in HealthRule().read(time.time())}
    assert readings["database"].value == 0
    assert "memory" not in readings
