"""What staff order of the cache: each with a reason, in the audit log."""

from typing import TYPE_CHECKING, Any

from django.db import transaction
from kombu.exceptions import OperationalError as BrokerError
from msgspec import DecodeError
from msgspec.json import decode

from apps.backplane.bus import Bus
from apps.caching.exceptions import CachingError
from apps.caching.namespace import Namespace
from apps.caching.stores.invalidations import NAME_MAX_CHARACTERS
from apps.caching.tasks import warm_cache
from apps.caching.transactions import invalidate
from apps.caching.watching.reporter import CLEAR
from apps.tuning.actor import Actor
from apps.tuning.audit import record
from apps.tuning.services.changes import change_policy

if TYPE_CHECKING:
    from apps.caching.keys import Key


OFF: dict[str, dict[str, object]] = {
    "L1": {"l1_seconds": 0.0},
    "L2": {"l2_seconds": 0.0},
    "L3": {"is_l3_used": False},
}


class OrderError(CachingError, ValueError):
    """What was named is no key or no tag, or the order cannot be carried out."""


def order_tag(*, tag: str, actor: Actor, reason: str, request_id: str = "") -> None:
    """Invalidate a tag everywhere, audited. Blocks for the commit. Raises OrderError, or PolicyError for the reason."""
    if not 0 < len(tag) <= NAME_MAX_CHARACTERS:
        raise OrderError(f"tag: from 1 to {NAME_MAX_CHARACTERS} characters.")
    _invalidate((tag,), target=f"cache tag:{tag}", actor=actor, reason=reason, request_id=request_id)


def order_key(*, namespace: Namespace[Any], text: str, actor: Actor, reason: str, request_id: str = "") -> None:
    """Invalidate the tags of a key everywhere, audited; `text` is a list in JSON. Blocks, and raises, as a tag."""
    try:
        key: Key = tuple(decode(text, type=list[str | int | None]))
        tags = namespace.tags_of(key)
    except (DecodeError, LookupError, TypeError, ValueError) as error:
        raise OrderError(f"key: {error}") from None
    _invalidate(tags, target=f"cache key:{namespace.name}", actor=actor, reason=reason, request_id=request_id)


def order_namespace(*, namespace: Namespace[Any], bus: Bus, actor: Actor, reason: str, request_id: str = "") -> None:
    """Let nothing be found that was stored before: one more clearing of its policy, and all memory.

    Blocks for the commit. Raises PolicyError for the reason.
    """
    changes = {"clearings": namespace.policy.current.clearings + 1}
    change_policy(name=namespace.policy.name, changes=changes, actor=actor, reason=reason, request_id=request_id)
    bus.publish(CLEAR, namespace.name)


def order_memory(*, namespace: Namespace[Any], bus: Bus, actor: Actor, reason: str, request_id: str = "") -> None:
    """Have levels 1 and 2 forget the namespace in every process, audited. Raises PolicyError for the reason."""
    with transaction.atomic():
        record(
            actor=actor,
            action="cache.memory_cleared",
            target=f"cache:{namespace.name}",
            before=None,
            after=None,
            reason=reason,
            request_id=request_id,
        )
        transaction.on_commit(lambda: bus.publish(CLEAR, namespace.name))


def order_off(*, namespace: Namespace[Any], level: str, actor: Actor, reason: str, request_id: str = "") -> None:
    """Switch a level of the namespace off, by its policy; whoever takes the revision back switches it on.

    Blocks for the commit. Raises PolicyError where the policy does not allow it, or for the reason.
    """
    change_policy(name=namespace.policy.name, changes=OFF[level], actor=actor, reason=reason, request_id=request_id)


def order_warm(*, namespace: Namespace[Any], actor: Actor, reason: str, request_id: str = "") -> None:
    """Have the hottest keys loaded that are not there, audited. Raises OrderError where none can be, or nobody works.

    Blocks for the commit and the queue.
    """
    if not namespace.warm:
        raise OrderError("nothing can be loaded by its key alone here.")
    try:
        with transaction.atomic():
            record(
                actor=actor,
                action="cache.warming_ordered",
                target=f"cache:{namespace.name}",
                before=None,
                after=None,
                reason=reason,
                request_id=request_id,
            )
            warm_cache.apply_async(kwargs={"namespace": namespace.name}, retry=False)
    except (BrokerError, OSError) as error:
        raise OrderError(f"the queue of tasks does not answer ({error}).") from None


def _invalidate(tags: tuple[str, ...], *, target: str, actor: Actor, reason: str, request_id: str) -> None:
    with transaction.atomic():
        invalidate(*tags, cause="order")
        record(
            actor=actor,
            action="cache.invalidated",
            target=target,
            before=None,
            after={"tags": list(tags)},
            reason=reason,
            request_id=request_id,
        )
