"""All policies as one file: to keep beside the code, to carry from one site to another."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from apps.tuning.actor import Actor
from apps.tuning.current import state_of
from apps.tuning.declaration import values_of
from apps.tuning.exceptions import PolicyError
from apps.tuning.handle import Handle
from apps.tuning.reason import checked_reason
from apps.tuning.registry import declared, handle_of
from apps.tuning.revisions import latest_revisions
from apps.tuning.services.changes import Changed, Order, apply

FORMAT = "perfsite policies 1"


def export_policies() -> dict[str, Any]:
    """Return every policy's values as the database holds them. One query."""
    latest = latest_revisions()
    values = {handle.name: values_of(state_of(handle, latest.get(handle.name)).policy) for handle in declared()}
    return {"format": FORMAT, "policies": values}


def import_policies(*, document: object, actor: Actor, reason: str, request_id: str = "") -> list[Changed]:
    """Apply an export in one transaction: all of it, or nothing. What the file does not name stays as it is.

    Raises PolicyError naming policy and field, or UnknownPolicyError. Returns what changed, policy by policy.
    """
    wanted = [(handle_of(name), _object(name, values)) for name, values in _policies(document).items()]
    order = Order(actor=actor, reason=checked_reason(reason), request_id=request_id, action="policy.imported")
    with transaction.atomic():
        return [_applied(handle, values, order) for handle, values in sorted(wanted, key=lambda pair: pair[0].name)]


def _policies(document: object) -> Mapping[str, Any]:
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise PolicyError("format", f"must be {FORMAT!r}: this is no export of policies.")
    return _object("policies", document.get("policies"))


def _object(name: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise PolicyError(name, "must be an object of names and values.")
    return value


def _applied(handle: Handle[Any], values: Mapping[str, Any], order: Order) -> Changed:
    try:
        return apply(handle, values, order)
    except PolicyError as error:
        raise PolicyError(error.field, error.reason, policy=handle.name) from None
