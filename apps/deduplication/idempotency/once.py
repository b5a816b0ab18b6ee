"""The protocol: one transaction holds the name, the effect and the record of its answer, so none is there without."""

from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass

from django.db import transaction

from apps.deduplication.idempotency import claim, prune, records
from apps.deduplication.idempotency.answer import Answer
from apps.deduplication.idempotency.attempt import Attempt
from apps.deduplication.idempotency.exceptions import KeyBusyError, KeyReusedError
from apps.deduplication.idempotency.policy import idempotency
from apps.deduplication.idempotency.statistics import counters
from apps.deduplication.models import IdempotencyRecord

is_rehearsal: ContextVar[bool] = ContextVar("is_rehearsal", default=False)  # what runs now is undone, and is no effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a request does, and what it takes to be allowed to.

    `work` runs inside a transaction; what it does outside the database waits for the commit. `standing` says in a
    word what the caller is to the thing addressed. `unrelated` are the errors of `work` that are not about rights.
    `operation` is its id, by which the policy knows whether a second request waits.
    """

    operation: str
    work: Callable[[], Answer]
    standing: Callable[[], str]
    unrelated: tuple[type[Exception], ...] = ()


def once(attempt: Attempt, effect: Effect) -> Answer:
    """Return the effect's answer, or the one it gave before: whatever fails in between, it happens once.

    An error, raised or answered, undoes the effect and leaves no record. Raises what the effect raises, KeyReusedError,
    or KeyBusyError while the first runs. Around the effect three queries and, on Postgres, a lock; three for a replay.
    """
    done = _first(attempt, effect)
    return done if isinstance(done, Answer) else _replayed(done, attempt, effect)


def _first(attempt: Attempt, effect: Effect) -> Answer | IdempotencyRecord:
    """Return the effect's answer, or the record of whoever was first."""
    try:
        with transaction.atomic():
            claim.hold(attempt.digest, wait_seconds=idempotency.current.wait_seconds_of(effect.operation))
            return records.find(attempt.digest) or _done(attempt, effect)
    except KeyBusyError:
        if record := records.find(attempt.digest):  # another who only came to hear the answer again
            return record
        counters.conflicts += 1
        raise


def _done(attempt: Attempt, effect: Effect) -> Answer:
    answer = effect.work()
    if answer.is_error:
        transaction.set_rollback(True)
        return answer
    records.store(attempt, answer, standing=effect.standing())
    prune.prune_after_commit(attempt.user_id)
    counters.stored += 1
    return answer


def _replayed(record: IdempotencyRecord, attempt: Attempt, effect: Effect) -> Answer:
    if effect.standing() != record.standing:
        _rehearse(effect)
    if record.fingerprint != attempt.fingerprint:
        counters.mismatches += 1
        raise KeyReusedError
    counters.replays += 1
    return Answer(status=record.status, headers=record.headers, body=bytes(record.body), is_replayed=True)


def _rehearse(effect: Effect) -> None:
    """Let the effect's own rules judge the caller anew, and undo it: what is raised is what a new request would get."""
    token = is_rehearsal.set(True)
    try:
        with suppress(*effect.unrelated), transaction.atomic():
            effect.work()
            transaction.set_rollback(True)
    finally:
        is_rehearsal.reset(token)
