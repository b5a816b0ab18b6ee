"""The auditor: what would be given out although it is older than it may be is found, counted and shown."""

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.backplane.connections import redis_client
from apps.backplane.current import bus, stop_bus
from apps.backplane.envelope import Envelope
from apps.backplane.local import LocalBus
from apps.backplane.shared import SharedBus
from apps.caching import current
from apps.caching.models import FreshnessViolation
from apps.caching.namespace import Namespace
from apps.caching.sessions import sessions
from apps.caching.statistics import freshness
from apps.caching.stores.database_store import DatabaseStore
from apps.caching.tag import Tags
from apps.caching.watching import auditor as auditor_module
from apps.caching.watching.auditor import Auditor
from apps.caching.watching.journal import violations_since
from apps.chat.models import User
from apps.tuning.handle import State
from tests.caching.conftest import Page
from tests.caching.model import Model
from tests.caching.opened import over_redis
from tests.servers.deadline import eventually

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/caching/freshnessviolation/"
KEY = (7,)


@pytest.fixture
def auditor(monkeypatch: pytest.MonkeyPatch, nothing_kept: None) -> Iterator[Auditor]:
    """An auditor that looks after every invalidation, soon."""
    monkeypatch.setitem(current._stores, os.getpid(), DatabaseStore())
    monkeypatch.setattr(auditor_module, "LOOKS_SECONDS", (0.02,))
    bus().start()
    freshness.checks = freshness.violations = 0
    made = Auditor(bus(), apart_seconds=0)
    made.start()
    yield made
    made.stop()
    stop_bus()


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Break the fence: this process hears of no invalidation."""
    monkeypatch.setattr(Tags, "release", lambda self, held: None)
    monkeypatch.setattr(Tags, "hold", lambda self, names: ())


@pytest.fixture
def kept(namespace: Namespace[Any]) -> Namespace[Any]:
    """A namespace with an entry at levels 1 and 2 that is not looked at for a while."""
    policy = namespace.policy.current
    namespace.policy.swap(State(policy=type(policy)(l1_seconds=4)))
    namespace.get_or_load(KEY, lambda: Page("old"), session="s")
    return namespace


def test_a_stale_entry_behind_a_broken_fence_is_counted_and_shown_with_its_history(
    auditor: Auditor, kept: Namespace[Any], deaf: None, client: Client
) -> None:
    kept.invalidate("thing:7")
    rows = eventually(lambda: list(FreshnessViolation.objects.order_by("level")))
    eventually(lambda: freshness.violations == 2)
    assert kept.peek(KEY, session="s") is not None
    assert {row.level for row in eventually(lambda: FreshnessViolation.objects.filter(level="L2"))} == {"L2"}
    assert rows[0].why == "other stamps than the store's"
    client.force_login(User.objects.create_superuser("sam"))
    assert rows[0].digest[:8] in client.get(LIST).content.decode()
    page = client.get(f"{LIST}{rows[0].pk}/change/").content.decode()
    for expected in ("loaded", "kept at L", "the store has", "invalidated by", "thing:7"):
        assert expected in page


def test_an_invalidation_that_is_obeyed_is_looked_after_and_nothing_is_found(
    auditor: Auditor, kept: Namespace[Any]
) -> None:
    kept.invalidate("thing:7")
    kept.get_or_load(KEY, lambda: Page("new"), session="s")
    eventually(lambda: freshness.checks >= 2)
    auditor.stop()
    assert freshness.violations == 0
    assert not FreshnessViolation.objects.exists()


def test_an_old_value_under_stamps_of_now_is_found_in_memory_and_in_the_store(
    auditor: Auditor, kept: Namespace[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    current.store().tend()
    kept.delete(KEY)
    kept.get_or_load(KEY, lambda: Page("old"))
    current.store().tend()
    later = auditor_module._wall() + 60
    monkeypatch.setattr(auditor_module, "_wall", lambda: later)
    auditor._tell(["thing:7"])
    found = eventually(lambda: freshness.violations == 3 and list(FreshnessViolation.objects.order_by("level")))
    assert [(row.level, row.why) for row in found] == [
        ("L1", "loaded before the invalidation"),
        ("L2", "loaded before the invalidation"),
        ("L3", "loaded before the invalidation"),
    ]


def test_of_many_invalidations_one_a_second_is_looked_after(namespace: Namespace[Any]) -> None:
    told: list[Any] = []
    auditor = Auditor(bus())
    stop = bus().subscribe(auditor_module.TOPIC, told.append, lambda _: None)
    bus().start()
    for _ in range(100):
        auditor._tell(["thing:1"])
    bus().publish(auditor_module.TOPIC, "last")
    eventually(lambda: told and told[-1].payload == "last")
    stop()
    stop_bus()
    assert len(told) == 2


def test_memory_that_knows_no_such_tag_is_not_searched(auditor: Auditor, kept: Namespace[Any]) -> None:
    auditor.look(auditor_module.Look(0.0, 0.1, auditor_module._wall(), ("thing:unknown",)))
    assert freshness.checks == 0
    auditor.look(look())
    assert freshness.checks == 2


def look(seconds: float = 0.1, *, at: float = 0.0) -> auditor_module.Look:
    """Return what an invalidation of the thing has this process look at; `at` is how much later than now it was."""
    return auditor_module.Look(0.0, seconds, auditor_module._wall() + at, ("thing:7",))


def test_while_somebody_is_about_to_write_nothing_is_called_old(
    auditor: Auditor, kept: Namespace[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Model()
    monkeypatch.setitem(current._stores, os.getpid(), store)
    store.hold(["thing:7"], None)
    auditor.look(look(at=60))
    assert (freshness.checks, freshness.violations) == (2, 0)


def test_what_is_kept_for_a_namespace_that_is_gone_is_not_judged(auditor: Auditor, kept: Namespace[Any]) -> None:
    sessions.put("s", ("gone", KEY), kept.shelf.entries[KEY])
    auditor.look(look())
    sessions.drop("s", ("gone", KEY))
    assert freshness.checks == 2


def test_where_the_store_does_not_answer_nothing_can_be_called_old(
    auditor: Auditor, kept: Namespace[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    away = over_redis("redis://127.0.0.1:1")
    monkeypatch.setitem(current._stores, os.getpid(), away)
    auditor.look(look(at=60))
    assert away.lost
    assert (freshness.checks, freshness.violations) == (2, 0)


def test_a_process_that_hears_nobody_may_be_behind_for_seconds(
    auditor: Auditor, kept: Namespace[Any], redis_url: str
) -> None:
    alone = Auditor(SharedBus(lambda: redis_client(redis_url, purpose="bus", timeout_seconds=0.5)))
    alone.look(look(0.1))
    assert freshness.checks == 0
    alone.look(look(auditor_module.ALONE_SECONDS))
    assert freshness.checks == 2


def test_a_finding_that_cannot_be_written_down_is_counted_all_the_same(
    auditor: Auditor, kept: Namespace[Any], caplog: pytest.LogCaptureFixture
) -> None:
    assert violations_since(timezone.now() - timedelta(hours=1)) == 0
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE caching_freshnessviolation RENAME TO aside")
    try:
        auditor.look(look(at=60))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE aside RENAME TO caching_freshnessviolation")
    assert freshness.violations == 2
    assert caplog.text.count("cannot be written down") == 2


def test_however_much_is_invalidated_what_waits_to_be_looked_at_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditor_module, "WAITING_MAX", 2)
    idle = Auditor(LocalBus())
    for number in range(10):
        idle._hear(Envelope("caching.audit", "another", 0, number, {"at": 0.0, "tags": ["thing:7"]}))
    assert len(idle._due) == len(auditor_module.LOOKS_SECONDS)
