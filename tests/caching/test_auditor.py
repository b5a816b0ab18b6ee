"""The auditor: what would be given out although it is older than it may be is found, counted and shown."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from apps.backplane.current import bus, stop_bus
from apps.caching import current
from apps.caching.models import FreshnessViolation
from apps.caching.namespace import Namespace
from apps.caching.statistics import freshness
from apps.caching.stores.database_store import DatabaseStore
from apps.caching.tag import Tags
from apps.caching.watching import auditor as auditor_module
from apps.caching.watching.auditor import Auditor
from apps.chat.models import User
from apps.tuning.handle import State
from tests.caching.conftest import Page
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
    auditor.look(auditor_module.Look(0.0, 0.1, auditor_module._wall(), ("thing:7",)))
    assert freshness.checks == 2
