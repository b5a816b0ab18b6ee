"""Namespaces in the admin: what every process counted, and the orders staff give."""

import os
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client
from kombu.exceptions import OperationalError as BrokerError

from apps.backplane.current import bus, stop_bus
from apps.caching import current
from apps.caching.admin.prediction import DraftForm, predicted
from apps.caching.models import Cell, HotKey, Invalidation, StoredEntry
from apps.caching.namespace import Namespace
from apps.caching.service import Caching
from apps.caching.statistics import Freshness
from apps.caching.tasks import warm_cache
from apps.caching.warming import ranking
from apps.caching.watching.survey import Survey, Told, survey
from apps.caching.watching.values import text_of as text_of_value
from apps.chat.models import User
from apps.tuning.handle import State
from apps.tuning.models import AuditEntry
from tests.caching.conftest import Page
from tests.caching.opened import over_redis
from tests.servers.deadline import eventually

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/caching/cachenamespace/"
ONE = f"{LIST}test/"
KEY = (1,)


@pytest.fixture
def service() -> Iterator[Caching]:
    """The running part of the server."""
    bus().start()
    made = Caching()
    made.start()
    yield made
    made.stop()
    stop_bus()


@pytest.fixture
def read(service: Caching, namespace: Namespace[Any]) -> Namespace[Any]:
    """A namespace that was read: a load, a hit in memory, and a read in another session."""
    namespace.policy.swap(State(policy=type(namespace.policy.current)(l1_seconds=4)))
    for _ in range(2):
        namespace.get_or_load(KEY, lambda: Page("x"), session="s")
    return namespace


def staff(client: Client, *permissions: str, **fields: Any) -> Client:
    user = User.objects.create_user("sam", is_staff=True, **fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


def text_of(answer: Any) -> str:
    return " ".join(unescape(answer.content.decode()).split())


def test_every_level_is_shown_with_hits_loads_and_what_it_holds(client: Client, read: Namespace[Any]) -> None:
    viewer = staff(client, is_superuser=True)
    listed = text_of(viewer.get(LIST))
    for expected in ("50.0%", "in 1", "which answers", "Tags invalidated"):
        assert expected in listed
    page = text_of(viewer.get(ONE))
    (origin,) = survey(bus()).processes
    for expected in (origin, "Cold", "Everything was kept.", "Invalidate tag", "Clear memory"):
        assert expected in page
    total = survey(bus()).total("test")
    assert (total.l1, total.loads, total.l1_entries, total.l2_entries) == (1, 1, 1, 1)
    assert total.l1_bytes == read.shelf.bytes


@pytest.mark.parametrize(
    ("order", "action"),
    [
        ({"command": "Invalidate key", "key": "[1]"}, "cache.invalidated"),
        ({"command": "Invalidate tag", "tag": "thing:1"}, "cache.invalidated"),
        ({"command": "Invalidate namespace"}, "policy.changed"),
        ({"command": "Clear memory"}, "cache.memory_cleared"),
    ],
)
def test_orders_are_obeyed_and_audited(
    client: Client, read: Namespace[Any], order: dict[str, str], action: str
) -> None:
    answer = staff(client, is_superuser=True).post(ONE, {**order, "reason": "wrong"}, follow=True)
    assert "done" in text_of(answer)
    eventually(lambda: read.peek(KEY, session="s") is None)
    entry = AuditEntry.objects.get()
    assert (entry.reason, entry.actor_name, entry.action) == ("wrong", "sam", action)


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({"command": "Clear memory", "reason": " "}, "Say why"),
        ({"command": "Clear memory", "reason": "a\u202eb"}, "cannot be shown"),
        ({"command": "Invalidate key", "key": "{", "reason": "r"}, "key:"),
        ({"command": "Invalidate key", "key": "[]", "reason": "r"}, "key:"),
        ({"command": "Invalidate tag", "reason": "r"}, "tag: from 1"),
        ({"command": "Warm now", "reason": "r"}, "nothing can be loaded by its key alone"),
    ],
)
def test_what_is_refused_is_said_beside_its_field(
    client: Client, read: Namespace[Any], order: dict[str, str], said: str
) -> None:
    answer = staff(client, is_superuser=True).post(ONE, order)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not AuditEntry.objects.exists()


def test_without_the_right_nothing_is_shown_or_ordered(client: Client, read: Namespace[Any]) -> None:
    viewer = staff(client, "view_cachenamespace")
    assert "Clear memory" not in text_of(viewer.get(ONE))
    assert viewer.post(ONE, {"command": "Clear memory", "reason": "r"}).status_code == 403
    assert viewer.get(f"{LIST}nothing/").status_code == 404
    User.objects.get(username="sam").user_permissions.clear()
    assert viewer.get(LIST).status_code == 403


def test_a_clearing_leaves_nothing_to_confirm_in_memory(read: Namespace[Any]) -> None:
    policy = type(read.policy.current)(l1_seconds=0.1, clearings=1)
    read.policy.swap(State(policy=policy))
    assert eventually(lambda: read.get_or_load(KEY, lambda: Page("new")) == Page("new"))


@pytest.mark.parametrize(
    ("level", "changed"), [("L1", {"l1_seconds": 0.0}), ("L2", {"l2_seconds": 0.0}), ("L3", {"is_l3_used": False})]
)
def test_each_level_is_switched_off_by_an_order_of_its_own(
    client: Client, read: Namespace[Any], level: str, changed: dict[str, Any]
) -> None:
    staff(client, is_superuser=True).post(ONE, {"command": f"Switch {level} off", "reason": "too old"}, follow=True)
    policy = read.policy.current
    assert {name: getattr(policy, name) for name in changed} == changed
    assert AuditEntry.objects.get().reason == "too old"


@pytest.fixture
def ranked(read: Namespace[Any]) -> str:
    """The digest of a key that is asked for; the namespace can load by it."""
    read.warm = "tests.caching.test_warming.by_key"
    for _ in range(2_000):
        read.get_or_load(KEY, lambda: Page("secret"), session="s")
    ranking.write()
    [one] = ranking.hottest(namespace="test", top=10)
    return one.digest


def test_the_keys_asked_for_most_are_shown_by_digest_and_tags(
    client: Client, read: Namespace[Any], ranked: str
) -> None:
    page = text_of(staff(client, "view_cachenamespace").get(ONE))
    assert ranked[:8] in page
    assert "thing:1" in page
    assert f"{ONE}{ranked}/" not in page
    assert client.get(f"{ONE}{ranked}/").status_code == 403


def test_a_value_is_shown_to_a_permission_of_its_own_for_a_reason_and_written_down(
    client: Client, read: Namespace[Any], ranked: str
) -> None:
    viewer, page = staff(client, "view_cachenamespace", "view_values"), f"{ONE}{ranked}/"
    assert f'href="{page}"' in text_of(viewer.get(ONE))
    assert "Show the value" in text_of(viewer.get(page))
    assert viewer.post(page, {"reason": " "}).status_code == 422
    assert not AuditEntry.objects.exists()
    assert '"title":"x"' in text_of(viewer.post(page, {"reason": "a complaint"}))
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.reason, entry.after["digest"]) == ("cache.value_read", "a complaint", ranked)
    read.invalidate("thing:1")
    assert "Nothing is kept" in text_of(viewer.post(page, {"reason": "again"}))
    assert viewer.get(f"{ONE}{'0' * 32}/").status_code == 404


def test_warming_is_ordered_of_the_task_workers_and_audited(
    client: Client, read: Namespace[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    read.warm = "tests.caching.test_warming.by_key"
    asked: list[dict[str, str]] = []
    monkeypatch.setattr(warm_cache, "apply_async", lambda kwargs, retry: asked.append(kwargs))
    order = {"command": "Warm now", "reason": "after a flush"}
    assert "done" in text_of(staff(client, is_superuser=True).post(ONE, order, follow=True))
    assert asked == [{"namespace": "test"}]
    assert AuditEntry.objects.get().action == "cache.warming_ordered"

    def away(**_: Any) -> None:
        raise BrokerError("no broker")

    monkeypatch.setattr(warm_cache, "apply_async", away)
    assert "does not answer" in text_of(client.post(ONE, order))
    assert AuditEntry.objects.count() == 1


def test_bytes_that_are_not_text_are_shown_all_the_same() -> None:
    assert text_of_value(b"caf\xe9") == "caf\ufffd"
    assert text_of_value(None) == "null"


def test_what_the_shared_store_holds_is_shown(client: Client, read: Namespace[Any]) -> None:
    assert "L3 holds" in text_of(staff(client, is_superuser=True).get(LIST))


def test_without_the_shared_store_the_rest_is_shown(
    client: Client, read: Namespace[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(current._stores, os.getpid(), over_redis("redis://127.0.0.1:1"))
    listed = text_of(staff(client, is_superuser=True).get(LIST))
    assert ("L3 holds" in listed, "50.0%" in listed) == (False, True)


def test_a_draft_is_marked_beside_the_life_of_now_and_played_at_all_levels(
    client: Client, read: Namespace[Any]
) -> None:
    for number in range(200):
        for _ in range(2):
            read.get_or_load((number,), lambda: Page("x"), session="s")
    viewer = staff(client, is_superuser=True)
    plain = text_of(viewer.get(ONE))
    assert plain.count("<svg") - plain.count("Try these lives") >= 2
    assert "Draft" not in plain
    drafted = text_of(viewer.get(ONE, {"l1_seconds": "0.1", "l2_seconds": "10", "l3_seconds": "10"}))
    assert "Draft (10 s)" in drafted
    assert drafted.count("stroke-dasharray") == 3
    refused = text_of(viewer.get(ONE, {"l1_seconds": "0.1", "l2_seconds": "20", "l3_seconds": "10"}))
    assert "must not exceed" in refused
    unread = text_of(viewer.get(ONE, {"l1_seconds": "soon", "l2_seconds": "20", "l3_seconds": "30"}))
    assert ("Draft (" in unread, unread.count("stroke-dasharray")) == (False, 0)
    assert "style=" not in drafted[drafted.index("<figure") : drafted.rindex("</figure>")]


def test_lives_that_were_tried_out_are_saved_for_a_reason(client: Client, read: Namespace[Any]) -> None:
    lives = {"l1_seconds": "0.2", "l2_seconds": "10", "l3_seconds": "20"}
    viewer = staff(client, is_superuser=True)
    assert "Save these lives" not in text_of(viewer.get(ONE))
    assert "Save these lives" in text_of(viewer.get(ONE, lives))
    refused = viewer.post(f"{ONE}lives/", lives)
    assert (refused.status_code, "Say why" in text_of(refused)) == (422, True)
    answer = viewer.post(f"{ONE}lives/", {**lives, "l2_seconds": "30", "reason": "fresher"})
    assert (answer.status_code, "must not exceed" in text_of(answer)) == (422, True)
    answer = viewer.post(f"{ONE}lives/", {**lives, "reason": "a\u202eb"})
    assert (answer.status_code, "cannot be shown" in text_of(answer)) == (422, True)
    assert not AuditEntry.objects.exists()
    assert "Saved" in text_of(viewer.post(f"{ONE}lives/", {**lives, "reason": "fresher"}, follow=True))
    policy = read.policy.current
    assert (policy.l1_seconds, policy.l2_seconds, policy.l3_seconds) == (0.2, 10.0, 20.0)
    assert AuditEntry.objects.get().reason == "fresher"


def test_what_is_not_observed_is_not_predicted(client: Client, service: Caching, namespace: Namespace[Any]) -> None:
    namespace.policy.swap(State(policy=type(namespace.policy.current)(is_observed=False)))
    for number in range(50):
        namespace.get_or_load((number,), lambda: Page("x"))
    assert "Too little was read" in text_of(staff(client, is_superuser=True).get(ONE))


def test_while_two_versions_count_in_different_ways_nothing_is_predicted(namespace: Namespace[Any]) -> None:
    observed = {"test": {**namespace.observer.snapshot(), "ttls": [1.0]}}
    told = Told(store="DatabaseStore", lost="", sessions=0, l2_bytes=0, l2_evictions=0, invalidations={},
                freshness=Freshness(), namespaces={}, observed=observed)  # fmt: skip
    form = DraftForm(namespace.policy.current)
    assert predicted(Survey(processes={"another": told}), namespace, form) is None


@pytest.mark.parametrize(
    "row",
    [
        Invalidation(tag="thing:1"),
        StoredEntry(digest="thing:1"),
        Cell(digest="thing:1"),
        HotKey(digest="thing:1"),
    ],
    ids=lambda row: type(row).__name__,
)
def test_rows_are_named_by_what_they_are_about(row: Model) -> None:
    assert str(row) == "thing:1"
