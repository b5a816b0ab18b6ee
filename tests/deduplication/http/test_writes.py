"""Every committed write begins a new generation, once; reads, rollbacks and bookkeeping do not."""

import pytest
from django.db import connection, transaction

from apps.chat.models import Conversation, User
from apps.deduplication.http.current import generation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def names() -> list[str]:
    """Names seen so far, the present one first."""
    return [generation().name]


def advanced(names: list[str]) -> bool:
    names.append(generation().name)
    return names[-1] != names[-2]


@transaction.atomic
def undone(name: str) -> None:
    """Write something and roll it back."""
    User.objects.create(username=name)
    transaction.set_rollback(True)


def test_a_write_without_a_transaction_counts_and_a_read_does_not(names: list[str]) -> None:
    User.objects.create(username="ann")
    assert advanced(names)
    assert list(Conversation.objects.all()) == []
    assert not advanced(names)


def test_a_transaction_counts_once_at_its_commit_before_others_are_told(names: list[str]) -> None:
    told: list[bool] = []
    with transaction.atomic():
        transaction.on_commit(lambda: told.append(False))
        User.objects.create(username="ann")
        transaction.on_commit(lambda: told.append(advanced(names)))
        User.objects.filter(username="ann").update(username="bob")
        assert not advanced(names)
    assert told == [False, True]
    assert not advanced(names)


def test_what_is_rolled_back_does_not_count_and_a_savepoint_takes_only_its_own(names: list[str]) -> None:
    undone("ann")
    assert not advanced(names)
    with transaction.atomic():
        undone("ann")
        User.objects.create(username="bob")
    assert advanced(names)


def test_bookkeeping_does_not_count(names: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM deduplication_flightexecution")
        cursor.execute('UPDATE "deduplication_flightexecution" SET verdict = %s', ["x"])
    assert not advanced(names)
    with connection.cursor() as cursor:
        cursor.execute("update chat_conversation set title = 'x'")
    assert advanced(names)


def test_with_counts_where_it_writes(names: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("WITH place AS (SELECT 1 AS id) SELECT id FROM place")
    assert not advanced(names)
    with connection.cursor() as cursor:
        cursor.execute("with place as (select 1 as id) update chat_conversation set title = 'x'")
    assert advanced(names)
