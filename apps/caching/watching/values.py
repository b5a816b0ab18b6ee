"""A value of the cache as staff may see it: with a permission of its own, for a reason, in the audit log."""

from typing import Any

import msgspec
from django.db import transaction

from apps.caching.namespace import Namespace
from apps.caching.warming.heat import unnoted
from apps.caching.warming.ranking import RankedKey
from apps.tuning.actor import Actor
from apps.tuning.audit import record

CHARACTERS_MAX = 20_000


def shown_value(
    *, namespace: Namespace[Any], ranked: RankedKey, actor: Actor, reason: str, request_id: str = ""
) -> str | None:
    """Return what is kept for the key now, as text and cut where it is long; None where nothing is.

    Written down first. Raises PolicyError for the reason; blocks for the commit and a round trip.
    """
    with transaction.atomic():
        record(
            actor=actor,
            action="cache.value_read",
            target=f"cache key:{namespace.name}",
            before=None,
            after={"digest": ranked.digest, "tags": list(ranked.tags)},
            reason=reason,
            request_id=request_id,
        )
    with unnoted():
        found = namespace.get(ranked.key) if ranked.key is not None else None
    return None if found is None else text_of(found.value)


def text_of(value: Any) -> str:
    """Return bytes as the text they are, anything else as JSON."""
    data = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return data.decode(errors="replace")[:CHARACTERS_MAX]
