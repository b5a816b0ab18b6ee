"""The auditor against the database: what it stores, what it finds, what it never does."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone

from apps.deduplication.audit import auditor as auditor_module
from apps.deduplication.audit import journal as journal_module
from apps.deduplication.audit.auditor import Auditor
from apps.deduplication.audit.execution import Execution
from apps.deduplication.audit.journal import Journal
from apps.deduplication.audit.ring import Ring
from apps.deduplication.models import FlightExecution
from apps.deduplication.signals import duplicate_found
from tests.servers.deadline import eventually

SECOND = 1_000_000_000


def executed(start: float, end: float, *, digest: str = "d", token: str = "t", alone: bool = False) -> Execution:
    """An execution so many seconds ago."""
    now = time.monotonic_ns()
    made = Execution("test", digest, token, alone, started_ns=now - int(start * SECOND))
    made.ended_ns = now - int(end * SECOND)
    return made


def stored(*executions: Execution, pid: int = 1) -> int:
    """Store executions of a process and judge; return the duplicates found."""
    journal = Journal()
    journal._pid = pid
    journal.write(ended=executions, running=[])
    return journal.judge()


def findings() -> list[str]:
    return list(FlightExecution.objects.order_by("started_at").values_list("verdict", flat=True))


@pytest.fixture
def ring() -> Ring:
    """A ring of the usual size."""
    return Ring()


@pytest.fixture
def auditor(ring: Ring) -> Iterator[Auditor]:
    """An auditor that flushes all the time, not started."""
    made = Auditor(ring, flush_seconds=0.01)
    yield made
    made.stop()


def test_what_ran_is_stored_with_host_process_and_times(db: None, ring: Ring, auditor: Auditor) -> None:
    ring.end(ring.begin(Execution("edge", "d", "t", is_alone=False)), is_alone=True)
    auditor.flush(settled_ns=0)
    row = FlightExecution.objects.get()
    assert (row.scope, row.digest, row.token, row.is_alone, row.is_running) == ("edge", "d", "t", True, False)
    assert row.host
    assert row.pid
    assert 0 < row.started_ns <= row.ended_ns
    assert abs(row.started_at - timezone.now()) < timedelta(seconds=5)


def test_a_forced_duplicate_is_found_once_whoever_looks(db: None) -> None:
    assert stored(executed(5, 3)) == 0
    assert stored(executed(4, 2), pid=2) == 1
    assert stored(pid=3) == 0
    assert findings() == ["", "duplicate"]
    later = FlightExecution.objects.get(verdict="duplicate")
    assert later.overlapped is not None
    assert later.overlapped.pid == 1


def test_other_keys_and_executions_in_turn_are_no_duplicates(db: None) -> None:
    assert stored(executed(5, 3), executed(4, 2, digest="e"), executed(3, 1)) == 0
    assert findings() == ["", "", ""]


def test_many_keys_are_judged_by_few_queries(db: None, django_assert_max_num_queries: Any) -> None:
    made = [executed(5 + number / 100, 3, digest=f"{number:032}") for number in range(300)]
    journal = Journal()
    journal.write(ended=made, running=[])
    with django_assert_max_num_queries(3):
        assert journal.judge() == 0
    assert not FlightExecution.objects.filter(is_judged=False).exists()


def test_a_declared_overlap_is_marked_and_not_counted(db: None) -> None:
    assert stored(executed(5, 3, alone=True)) + stored(executed(4, 2), pid=2) == 0
    assert findings() == ["", "declared"]


def test_a_round_ended_on_purpose_declares_the_overlap_with_its_successor(db: None) -> None:
    assert stored(executed(4.5, 4.4, token="")) == 0
    assert stored(executed(5, 3)) + stored(executed(4, 2), pid=2) == 0
    assert findings() == ["", "", "declared"]


def killed(start: float, seen: float) -> None:
    """Leave what a process leaves that was killed while it ran."""
    journal = Journal()
    journal._pid = 9
    journal.write(ended=[], running=[executed(start, seen)])


def test_a_killed_leader_does_not_overlap_its_successor(db: None) -> None:
    killed(30, 20)
    assert stored(executed(19, 18)) == 0
    assert findings() == ["", ""]
    assert not FlightExecution.objects.filter(is_judged=False).exclude(pid=9).exists()


def test_a_killed_leader_hides_no_overlap_from_before_its_death(db: None) -> None:
    killed(30, 20)
    assert stored(executed(25, 18)) == 1
    assert findings() == ["", "duplicate"]


def test_beside_one_that_runs_the_verdict_waits(db: None, ring: Ring, auditor: Auditor) -> None:
    running = ring.begin(executed(5, 0))
    running.ended_ns = 0
    auditor.flush()
    assert FlightExecution.objects.get().is_running
    assert stored(executed(4, 2), pid=2) == 0
    ring.end(running, is_alone=False)
    auditor.flush(settled_ns=0)
    assert auditor.duplicates == 1
    assert not FlightExecution.objects.filter(is_running=True).exists()


def test_a_duplicate_is_told_by_signal_and_log(db: None, ring: Ring, auditor: Auditor, caplog: Any) -> None:
    heard: list[int] = []

    def hear(count: int, **_: Any) -> None:
        heard.append(count)

    duplicate_found.connect(hear)
    for execution in (executed(5, 3), executed(4, 2)):
        ring.begin(execution)
        ring._running.pop(execution)
        ring._ended.append(execution)
    auditor.flush()
    duplicate_found.disconnect(hear)
    assert (heard, auditor.duplicates) == ([1], 1)
    assert "executed 1 times beside another" in caplog.text


def test_what_ended_just_now_waits_for_news_of_its_lease(db: None, ring: Ring, auditor: Auditor) -> None:
    ring.end(ring.begin(Execution("test", "d", "t", is_alone=False)), is_alone=False)
    auditor.flush()
    assert not FlightExecution.objects.exists()


def test_over_its_bound_executions_are_dropped_and_counted() -> None:
    ring = Ring(executions_max=2)
    made = [ring.begin(Execution("test", "d", str(number), is_alone=False)) for number in range(5)]
    for execution in made:
        ring.end(execution, is_alone=False)
    kept = ring.take(ended_before_ns=time.monotonic_ns() + SECOND)
    assert ([one.token for one in kept], ring.dropped, ring.recorded) == (["0", "1"], 3, 2)
    ring.put_back(made[:3])
    assert ring.dropped == 4
    assert [one.token for one in ring.take(ended_before_ns=time.monotonic_ns() + SECOND)] == ["1", "2"]
    ring.put_back(made[:2])
    ring.put_back(made[:1])
    assert ring.dropped == 5


def test_a_database_that_fails_costs_nothing_and_is_told_once(
    db: None, ring: Ring, auditor: Auditor, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise DatabaseError("gone")

    ring.end(ring.begin(Execution("test", "d", "t", is_alone=False)), is_alone=False)
    with monkeypatch.context() as broken:
        broken.setattr(auditor._journal, "write", fail)
        auditor.flush(settled_ns=0)
        auditor.flush(settled_ns=0)
    auditor.flush(settled_ns=0)
    assert FlightExecution.objects.count() == 1
    assert caplog.text.count("cannot reach the database") == 1


def test_old_executions_go_and_findings_stay_longer(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(executed(5, 3))
    stored(executed(4, 2), executed(1, 0, digest="e"), pid=2)
    FlightExecution.objects.update(seen_at=timezone.now() - timedelta(hours=2))
    Journal().prune()
    assert findings() == ["duplicate"]
    FlightExecution.objects.update(seen_at=timezone.now() - timedelta(days=31))
    Journal().prune()
    assert findings() == []


@pytest.mark.django_db(transaction=True)
def test_its_thread_stores_what_is_left_at_the_end(ring: Ring, auditor: Auditor, monkeypatch: Any) -> None:
    monkeypatch.setattr(auditor_module, "FLUSHES_PER_PRUNE", 1)
    auditor.start()
    eventually(lambda: auditor._flushes)
    ring.end(ring.begin(Execution("test", "d", "t", is_alone=False)), is_alone=False)
    auditor.stop()
    assert FlightExecution.objects.count() == 1


def test_without_a_boot_id_each_process_has_its_own_clock(monkeypatch: Any, tmp_path: Any) -> None:
    named = journal_module.clock_name()
    journal_module.clock_name.cache_clear()
    monkeypatch.setattr(journal_module, "BOOT", tmp_path / "missing")
    assert journal_module.clock_name() != named
    monkeypatch.undo()
    journal_module.clock_name.cache_clear()
    assert journal_module.clock_name() == named
