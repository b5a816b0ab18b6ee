"""Invalidation as a part of transactions: commits, rollbacks, savepoints, and writes that nobody named tags for."""

import threading
from typing import Any

import pytest
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connection, transaction

from apps.caching.exceptions import DeclarationError
from apps.caching.family import Family
from apps.caching.namespace import Namespace
from apps.caching.statistics import invalidations
from apps.caching.transactions import invalidate
from apps.chat.models import Conversation
from tests.caching.conftest import Page

pytestmark = pytest.mark.django_db(transaction=True)


class RollBackError(Exception):
    """Ends a transaction without its writes."""


def title_of(number: int) -> Page:
    return Page(Conversation.objects.get(pk=number).title)


@pytest.fixture
def number() -> int:
    """A conversation, titled old."""
    return int(Conversation.objects.create(title="old").pk)


def read(namespace: Namespace[Any], number: int) -> str:
    return str(namespace.get_or_load((number,), lambda: title_of(number)).title)


def elsewhere(work: Any) -> Any:
    """Return what the work returns in a thread of its own, with a connection of its own."""
    found: list[Any] = []

    def run() -> None:
        found.append(work())
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def rename(number: int, title: str) -> None:
    invalidate(f"thing:{number}")
    Conversation.objects.filter(pk=number).update(title=title)


@transaction.atomic
def renamed_in_vain(number: int) -> None:
    rename(number, "new")
    raise RollBackError


def test_after_the_commit_the_new_value_is_read(namespace: Namespace[Any], number: int) -> None:
    assert read(namespace, number) == "old"
    with transaction.atomic():
        rename(number, "new")
    assert read(namespace, number) == "new"
    assert namespace.tally.loads == 2


def test_a_transaction_reads_its_own_writes_and_others_the_committed_value(
    namespace: Namespace[Any], number: int
) -> None:
    assert read(namespace, number) == "old"
    with transaction.atomic():
        rename(number, "new")
        assert read(namespace, number) == "new"
        assert elsewhere(lambda: read(namespace, number)) == "old"
    assert read(namespace, number) == "new"


def test_a_rollback_leaves_what_was_cached(namespace: Namespace[Any], number: int) -> None:
    read(namespace, number)
    with pytest.raises(RollBackError):
        renamed_in_vain(number)
    assert read(namespace, number) == "old"
    assert namespace.tally.loads == 1


def test_a_savepoint_that_is_rolled_back_takes_its_tags_along(namespace: Namespace[Any], number: int) -> None:
    other = int(Conversation.objects.create(title="old").pk)
    read(namespace, number)
    read(namespace, other)
    with transaction.atomic():
        rename(number, "new")
        with pytest.raises(RollBackError):
            renamed_in_vain(other)
    assert (read(namespace, number), read(namespace, other)) == ("new", "old")
    assert namespace.tally.loads == 3


def test_what_a_transaction_loads_is_kept_nowhere(namespace: Namespace[Any], number: int) -> None:
    with transaction.atomic():
        assert read(namespace, number) == "old"
    assert namespace.tally.fills == 0
    assert namespace.peek((number,)) is None


def test_a_load_that_a_commit_overtakes_is_kept_nowhere(namespace: Namespace[Any], number: int) -> None:
    def load() -> Page:
        value = title_of(number)
        elsewhere(lambda: change(number))
        return value

    assert namespace.get_or_load((number,), load).title == "old"
    assert namespace.tally.refusals["moved"] == 1
    assert read(namespace, number) == "new"


def change(number: int) -> None:
    with transaction.atomic():
        rename(number, "new")


def test_whoever_waits_for_the_commit_is_told_when_nothing_old_is_read_any_more(
    namespace: Namespace[Any], number: int
) -> None:
    read(namespace, number)
    seen: list[str] = []
    with transaction.atomic():
        transaction.on_commit(lambda: seen.append(read(namespace, number)))
        rename(number, "new")
    assert seen == ["new"]


@pytest.mark.parametrize(
    "write",
    [
        lambda row: Conversation.objects.filter(pk=row.pk).update(title="new"),
        lambda row: Conversation.objects.bulk_update([row], ["title"]),
        lambda row: row.save(),
        lambda row: connection.cursor().execute("UPDATE chat_conversation SET title = 'new' WHERE id = %s", [row.pk]),
    ],
    ids=["update", "bulk_update", "save", "raw"],
)
@pytest.mark.parametrize("is_atomic", [True, False])
def test_a_write_without_named_tags_invalidates_the_family(
    namespace: Namespace[Any], number: int, write: Any, is_atomic: bool
) -> None:
    read(namespace, number)
    row = Conversation.objects.get(pk=number)
    row.title = "new"
    if is_atomic:
        with transaction.atomic():
            write(row)
    else:
        write(row)
    assert read(namespace, number) == "new"


def test_rows_made_and_deleted_without_a_transaction_invalidate_as_well(make_namespace: Any, things: Family) -> None:
    from apps.chat.models import Import, User

    counted: Namespace[int] = make_namespace("counted", int, tags=lambda _: (things.of("imports"),))
    owner = User.objects.create(username="owner")
    assert counted.get_or_load((), Import.objects.count) == 0
    row = Import.objects.create(owner=owner, filename="a.csv")
    assert counted.get_or_load((), Import.objects.count) == 1
    row.delete()
    assert counted.get_or_load((), Import.objects.count) == 0


def test_writes_to_columns_that_do_not_matter_invalidate_nothing(namespace: Namespace[Any], number: int) -> None:
    read(namespace, number)
    Conversation.objects.filter(pk=number).update(has_assistant=True)
    Conversation.objects.create(title="another")
    assert read(namespace, number) == "old"
    assert namespace.tally.loads == 1


def test_a_write_under_named_tags_leaves_the_rest_of_the_family(namespace: Namespace[Any], number: int) -> None:
    other, before = int(Conversation.objects.create(title="old").pk), invalidations["unnamed"]
    read(namespace, other)
    change(number)
    read(namespace, other)
    assert namespace.tally.loads == 1
    assert invalidations["unnamed"] == before


def test_outside_a_transaction_an_order_holds_at_once(namespace: Namespace[Any], number: int) -> None:
    read(namespace, number)
    namespace.invalidate(f"thing:{number}")
    read(namespace, number)
    assert namespace.tally.loads == 2


def test_naming_nothing_invalidates_nothing(namespace: Namespace[Any], number: int) -> None:
    read(namespace, number)
    before = invalidations.total()
    invalidate()
    assert read(namespace, number) == "old"
    assert (namespace.tally.loads, invalidations.total()) == (1, before)


def test_migrations_invalidate_every_family_once_there_is_a_log_to_write_it_to(
    namespace: Namespace[Any], number: int
) -> None:
    before, told = invalidations["migration"], {"verbosity": 0, "interactive": False, "db": "default"}
    read(namespace, number)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE caching_invalidation RENAME TO aside")
    try:
        emit_pre_migrate_signal(**told)
        emit_post_migrate_signal(**told)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE aside RENAME TO caching_invalidation")
    assert invalidations["migration"] == before
    emit_post_migrate_signal(**told)
    assert invalidations["migration"] > before
    read(namespace, number)
    assert namespace.tally.loads == 2


@pytest.mark.parametrize("name", ["thing", "Thing", "a b", ""])
def test_families_have_names_of_their_own(things: Family, name: str) -> None:
    with pytest.raises(DeclarationError, match="is taken, or no name"):
        Family(name, tables={})


def test_a_tag_of_a_family_cannot_be_mistaken_for_all_of_it(things: Family) -> None:
    with pytest.raises(Exception, match="whole family"):
        things.of("*")
    with pytest.raises(ValueError, match="characters"):
        invalidate("x" * 300)
