"""Keeps the table bounded: those who add to it tidy up now and then, a batch at a time."""

from itertools import count
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from apps.deduplication.idempotency.policy import idempotency
from apps.deduplication.idempotency.records import retention
from apps.deduplication.models import IdempotencyRecord

if TYPE_CHECKING:
    from django.db.models import QuerySet

EVERY = 64  # a batch removes more than that many add: the table cannot outgrow its bound for long
BATCH = 512
_turns = count(1)


def prune_after_commit(user_id: int) -> None:
    """Prune once in a while after the caller's commit; a failure is logged and changes no answer."""
    if next(_turns) % EVERY == 0:
        transaction.on_commit(lambda: prune(user_id), robust=True)


def prune(user_id: int) -> int:
    """Delete a batch of what is past its retention and of what the account has too many of; return how many."""
    old = IdempotencyRecord.objects.filter(created_at__lt=timezone.now() - retention())
    return _deleted(old.order_by("created_at")) + _deleted(_surplus(user_id))


def _surplus(user_id: int) -> "QuerySet[IdempotencyRecord]":
    own = IdempotencyRecord.objects.filter(user_id=user_id)
    bound = idempotency.current.records_per_account
    newest_surplus = own.order_by("-pk").values_list("pk", flat=True)[bound : bound + 1].first()
    return own.filter(pk__lte=newest_surplus or 0).order_by("pk")


def _deleted(rows: "QuerySet[IdempotencyRecord]") -> int:
    """Delete the first of the rows; those another process is deleting are left to it."""
    with transaction.atomic():
        chosen = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH])
        return IdempotencyRecord.objects.filter(pk__in=chosen).delete()[0] if chosen else 0
