"""`manage.py invalidate_cache`: what is forgotten, and what the audit log says of it."""

from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command

from apps.caching.backend import LevelledCache
from apps.caching.namespace import Namespace
from apps.caching.statistics import invalidations
from apps.chat.models import User
from apps.tuning.models import AuditEntry
from tests.caching.conftest import Page

pytestmark = pytest.mark.django_db(transaction=True)


def read(namespace: Namespace[Any], number: int = 1) -> int:
    """Read once, and return how many loads there were so far."""
    namespace.get_or_load((number,), lambda: Page("title"))
    return namespace.tally.loads


def test_a_tag_is_invalidated_and_audited(namespace: Namespace[Any], capsys: Any) -> None:
    assert (read(namespace, 1), read(namespace, 2)) == (1, 2)
    before = invalidations["order"]
    call_command("invalidate_cache", "--tag", "thing:1", "--reason", "wrong title")
    assert capsys.readouterr().out == "Invalidated: thing:1.\n"
    assert read(namespace, 2) == 2
    assert read(namespace, 1) == 3
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_name, entry.reason) == ("cache.invalidated", "system", "wrong title")
    assert entry.after == {"tags": ["thing:1"]}
    assert invalidations["order"] == before + 1


def test_a_namespace_is_cleared_for_every_process(namespace: Namespace[Any]) -> None:
    User.objects.create(username="ann")
    assert read(namespace) == 1
    call_command("invalidate_cache", "--namespace", "test", "--reason", "a bad deployment", "--actor", "ann")
    assert namespace.policy.current.clearings == 1
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_name, entry.target) == ("cache.cleared", "ann", "policy:cache_test")


def test_all_means_django_s_cache_as_well(namespace: Namespace[Any]) -> None:
    cache.set("key", "value")
    assert cache.get("key") == "value"
    call_command("invalidate_cache", "--all", "--reason", "begin anew")
    assert cache.get("key") is None
    assert namespace.policy.current.clearings == 1
    assert "cache:django.default" in set(AuditEntry.objects.values_list("target", flat=True))


def test_caches_that_differ_in_the_prefix_alone_are_cleared_together(namespace: Namespace[Any]) -> None:
    caches = [LevelledCache("default", {"KEY_PREFIX": prefix}) for prefix in ("a", "z")]
    for one in caches:
        one.set("key", "value")
    call_command("invalidate_cache", "--namespace", "django.default", "--reason", "begin anew")
    assert [one.get("key") for one in caches] == [None, None]
    assert AuditEntry.objects.get().target == "cache:django.default"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--namespace", "nowhere"], "There is no namespace 'nowhere'"),
        (["--tag", ""], "A tag has from 1 to 200 characters"),
        (["--all", "--actor", "nobody"], "no active account"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_no_trace(options: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("invalidate_cache", *options, "--reason", "a reason")
    assert not AuditEntry.objects.exists()


def test_a_reason_is_required(namespace: Namespace[Any]) -> None:
    for options in (["--tag", "thing:1"], ["--namespace", "test"], ["--all"]):
        with pytest.raises(CommandError, match="reason"):
            call_command("invalidate_cache", *options, "--reason", " ")
    assert not AuditEntry.objects.exists()
