"""Namespaces in the admin: what every process counted, and the orders staff give."""

from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from apps.backplane.current import bus, stop_bus
from apps.caching.namespace import Namespace
from apps.caching.service import Caching
from apps.caching.watching.survey import survey
from apps.chat.models import User
from apps.tuning.handle import State
from apps.tuning.models import AuditEntry
from tests.caching.conftest import Page
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
        ({"command": "Invalidate key", "key": "{", "reason": "r"}, "key:"),
        ({"command": "Invalidate key", "key": "[]", "reason": "r"}, "key:"),
        ({"command": "Invalidate tag", "reason": "r"}, "tag: from 1"),
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
    assert "style=" not in drafted[drafted.index("<figure") : drafted.rindex("</figure>")]


def test_what_is_not_observed_is_not_predicted(client: Client, service: Caching, namespace: Namespace[Any]) -> None:
    namespace.policy.swap(State(policy=type(namespace.policy.current)(is_observed=False)))
    for number in range(50):
        namespace.get_or_load((number,), lambda: Page("x"))
    assert "Too little was read" in text_of(staff(client, is_superuser=True).get(ONE))
