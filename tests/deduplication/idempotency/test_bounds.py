"""How long records count, and how many there may be."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.utils import timezone

from apps.chat.models import Message, User
from apps.chat.records import ConversationRecord
from apps.deduplication.idempotency import prune
from apps.deduplication.idempotency.policy import IdempotencyPolicy, idempotency
from apps.deduplication.models import IdempotencyRecord
from apps.tuning.exceptions import PolicyError
from tests.chat.api.caller import Caller
from tests.deduplication.idempotency.sending import is_replay, sent
from tests.tuning.obeying import obeying

HELLO = {"text": "hello"}


def record(user: User, number: int, *, hours: float = 0) -> IdempotencyRecord:
    """Return a record of some age."""
    return IdempotencyRecord.objects.create(
        digest=f"{number:032x}",
        user=user,
        method="POST",
        path="/api/conversations",
        fingerprint="f" * 32,
        status=201,
        body=b"{}",
        created_at=timezone.now() - timedelta(hours=hours),
    )


def kept(user: User) -> list[int]:
    """Return the numbers of the records of a user that are left."""
    return [int(digest, 16) for digest in IdempotencyRecord.objects.filter(user=user).values_list("digest", flat=True)]


def test_a_key_is_known_for_as_long_as_the_policy_says(as_ann: Caller, where: ConversationRecord) -> None:
    path = f"/conversations/{where.id}/messages"
    sent(as_ann, "POST", path, HELLO)
    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(hours=23))
    assert is_replay(sent(as_ann, "POST", path, HELLO))
    with obeying(idempotency, retention_hours=22):
        assert not is_replay(sent(as_ann, "POST", path, HELLO))
        assert is_replay(sent(as_ann, "POST", path, HELLO))
    assert (Message.objects.count(), IdempotencyRecord.objects.count()) == (2, 1)


def test_what_is_past_its_retention_is_pruned_whoever_it_belongs_to(ann: User, bob: User) -> None:
    for number in range(4):
        record(bob, number, hours=22.5 + number)
    assert prune.prune(ann.pk) == 2
    assert kept(bob) == [0, 1]


def test_an_account_keeps_its_newest_up_to_its_bound(ann: User, bob: User) -> None:
    for number in range(105):
        record(ann, number)
    record(bob, 200)
    with obeying(idempotency, records_per_account=100):
        assert prune.prune(ann.pk) == 5
        assert prune.prune(ann.pk) == 0
    assert kept(ann) == list(range(5, 105))
    assert kept(bob) == [200]


def test_a_batch_is_bounded(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune, "BATCH", 3)
    for number in range(5):
        record(ann, number, hours=30)
    assert [prune.prune(ann.pk) for _ in range(3)] == [3, 2, 0]


def test_who_adds_records_prunes_now_and_then_after_the_commit(
    as_ann: Caller,
    ann: User,
    where: ConversationRecord,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    monkeypatch.setattr(prune, "_turns", count(1))
    monkeypatch.setattr(prune, "EVERY", 4)
    record(ann, 1, hours=30)
    for number in range(1, 5):
        with django_capture_on_commit_callbacks(execute=True):
            sent(as_ann, "POST", f"/conversations/{where.id}/messages", HELLO, key=f"k{number}")
        assert (1 in [int(one.digest, 16) for one in IdempotencyRecord.objects.all()]) == (number < 4)


def test_the_policy_is_declared_for_staff() -> None:
    assert (idempotency.default.retention_hours, idempotency.default.wait_seconds) == (24, 0)
    assert [field.name for field in idempotency.fields] == [
        "retention_hours",
        "records_per_account",
        "wait_seconds",
        "waiting_operations",
    ]


@pytest.mark.parametrize(
    ("waiting", "seconds"), [("", 2.0), ("send_message add_member", 2.0), ("add_member", 0.0)], ids=str
)
def test_only_the_operations_that_staff_name_wait(waiting: str, seconds: float) -> None:
    policy = IdempotencyPolicy(wait_seconds=2.0, waiting_operations=waiting)
    policy.check()
    assert policy.wait_seconds_of("send_message") == seconds


def test_an_operation_that_the_api_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(PolicyError, match=r"'send_mesage' is no operation; there are .*send_message"):
        IdempotencyPolicy(waiting_operations="send_mesage").check()
