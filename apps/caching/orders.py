"""What staff order the cache to forget: audited in the transaction that does it, obeyed in every process."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, TypeAlias

from django.db import transaction

from apps.caching.backend.area import Area, areas
from apps.caching.exceptions import DeclarationError
from apps.caching.namespace import Namespace, namespaces
from apps.caching.transactions import invalidate
from apps.tuning.actor import Actor
from apps.tuning.audit import locked_head, record
from apps.tuning.current import state_of
from apps.tuning.reason import checked_reason
from apps.tuning.revisions import latest_revision
from apps.tuning.services.changes import Order, apply

Target: TypeAlias = Namespace[Any] | tuple[Area, ...]
CLEARED, INVALIDATED = "cache.cleared", "cache.invalidated"


def invalidate_tags(*, tags: Sequence[str], actor: Actor, reason: str, request_id: str = "") -> None:
    """Let nothing under the tags be current, in any namespace. Raises PolicyError for the reason; blocks."""
    with transaction.atomic():
        invalidate(*tags, cause="order")
        record(
            actor=actor,
            action=INVALIDATED,
            target="cache",
            before=None,
            after={"tags": list(tags)},
            reason=reason,
            request_id=request_id,
        )


def clear(*, names: Sequence[str], actor: Actor, reason: str, request_id: str = "") -> None:
    """Have namespaces, and Django's caches, forget all they have, in every process within a second.

    Raises DeclarationError for an unknown name, PolicyError for the reason; then nothing was cleared. Blocks.
    """
    order = Order(actor=actor, reason=checked_reason(reason), request_id=request_id, action=CLEARED)
    targets = [target_of(name) for name in names]
    with transaction.atomic():
        locked_head()
        for name, target in zip(names, targets, strict=True):
            if isinstance(target, Namespace):
                clearings = state_of(target.policy, latest_revision(target.policy.name)).policy.clearings
                apply(target.policy, {"clearings": clearings + 1}, order)
            else:
                _clear_areas(name, target, order)


def target_of(name: str) -> Target:
    """Return the namespace or the areas of Django's cache of that name; raise DeclarationError."""
    found = targets()
    if name not in found:
        raise DeclarationError(f"There is no namespace {name!r}. There are {', '.join(found)}.")
    return found[name]


def targets() -> dict[str, Target]:
    """Return all that can be cleared, by name; caches that differ in the prefix alone share theirs."""
    found: dict[str, Target] = {one.name: one for one in namespaces()}
    for name, same in groupby(areas(), key=lambda area: area.name):
        found[name] = tuple(same)
    return found


def _clear_areas(name: str, same: Sequence[Area], order: Order) -> None:
    record(
        actor=order.actor,
        action=order.action,
        target=f"cache:{name}",
        before=None,
        after=None,
        reason=order.reason,
        request_id=order.request_id,
    )
    for area in same:
        transaction.on_commit(area.clear)


def clear_all(*, actor: Actor, reason: str, request_id: str = "") -> int:
    """Have everything forgotten; return how many namespaces and caches there are."""
    found = list(targets())
    clear(names=found, actor=actor, reason=reason, request_id=request_id)
    return len(found)
