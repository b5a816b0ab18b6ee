"""Change a policy, or take it back to an earlier revision."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from apps.backplane.current import bus
from apps.tuning.actor import Actor
from apps.tuning.audit import locked_head, record
from apps.tuning.current import refresh, state_of
from apps.tuning.declaration import values_of
from apps.tuning.difference import Difference, differences
from apps.tuning.exceptions import PolicyError, StaleError
from apps.tuning.handle import Handle
from apps.tuning.models import PolicyRevision
from apps.tuning.reason import checked_reason
from apps.tuning.registry import handle_of
from apps.tuning.revisions import Revision, latest_revision, revision_of

TOPIC = "policies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A policy's revision after a change, and what it changed: nothing where the values were the same already."""

    policy: str
    number: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who wants it and why; `action` is what the audit log calls it."""

    actor: Actor
    reason: str
    request_id: str = ""
    action: str = "policy.changed"


def change_policy(
    *,
    name: str,
    changes: Mapping[str, object],
    actor: Actor,
    reason: str,
    request_id: str = "",
    based_on: int | None = None,
) -> Changed:
    """Set some values and keep the others; every process obeys within a second of the commit.

    Raises PolicyError naming the field, UnknownPolicyError, or StaleError when `based_on`, the revision the changes
    were made from, is not the latest any more. Blocks for a few queries, and for others who change something now.
    """
    order = Order(actor=actor, reason=checked_reason(reason), request_id=request_id)
    with transaction.atomic():
        return apply(handle_of(name), changes, order, based_on=based_on)


def revert_policy(*, name: str, number: int, actor: Actor, reason: str, request_id: str = "") -> Changed:
    """Set the values of an earlier revision, 0 for the defaults; a new revision, nothing is undone in the records.

    Raises UnknownRevisionError, or PolicyError for a value that the code does not take any more. Blocks as a change.
    """
    handle = handle_of(name)
    order = Order(actor=actor, reason=checked_reason(reason), request_id=request_id, action="policy.reverted")
    with transaction.atomic():
        return apply(handle, values_at(handle, number), order)


def values_at(handle: Handle[Any], number: int) -> dict[str, Any]:
    """Return the values a revision had, those of fields that are gone left out; raise UnknownRevisionError."""
    defaults = values_of(handle.default)
    if number == 0:
        return defaults
    values = revision_of(handle.name, number).values
    return {field: value for field, value in values.items() if field in defaults}


def apply(handle: Handle[Any], changes: Mapping[str, object], order: Order, *, based_on: int | None = None) -> Changed:
    """Make the revision and its entry in the caller's transaction; the other processes hear of it after the commit."""
    locked_head()  # before anything is read: writers take turns, and revisions are numbered in the order of commits
    latest = latest_revision(handle.name)
    _require_fresh(latest, based_on)
    now = state_of(handle, latest)
    before = values_of(now.policy)
    after = values_of(changed_values(handle, before, changes))
    stored = latest.values if latest else before
    if after == stored:
        return Changed(policy=handle.name, number=now.number, differences=())
    _keep(handle.name, now.number, stored, after, order)
    transaction.on_commit(announce, robust=True)
    return Changed(policy=handle.name, number=now.number + 1, differences=differences(stored, after))


def changed_values(handle: Handle[Any], before: Mapping[str, Any], changes: Mapping[str, object]) -> Any:
    """Return the policy with the changes; raise PolicyError for an unknown field, a bad value or a contradiction."""
    for field in changes:
        if field not in before:
            raise PolicyError(field, f"is no field of the policy {handle.name}: {', '.join(before)} are.")
    return handle.kind(**{**before, **changes})


def announce() -> None:
    """Tell every process that there is something new, and obey it here at once."""
    bus().publish(TOPIC, None)
    refresh()


def _require_fresh(latest: Revision | None, based_on: int | None) -> None:
    number = latest.number if latest else 0
    if based_on is None or based_on == number:
        return
    if latest is None:
        raise StaleError(f"You started from revision {based_on}, which is gone: the policy is at its defaults.")
    raise StaleError(
        f"{latest.actor_name} changed this policy meanwhile ({latest.reason}): it is at revision {number}, and you "
        f"started from {based_on}. Look at it again."
    )


def _keep(policy: str, number: int, before: Mapping[str, Any], after: Mapping[str, Any], order: Order) -> None:
    PolicyRevision(
        policy=policy,
        number=number + 1,
        values=after,
        actor_id=order.actor.id,
        actor_name=order.actor.name,
        reason=order.reason,
        request_id=order.request_id,
    ).save()
    record(
        actor=order.actor,
        action=order.action,
        target=f"policy:{policy}",
        before={"revision": number, "values": before},
        after={"revision": number + 1, "values": after},
        reason=order.reason,
        request_id=order.request_id,
    )
