"""What staff order a breaker to do: a change of its policy, so audited, obeyed everywhere, and taken back alike."""

from enum import StrEnum

from django.db import transaction

from apps.resilience.breaker import Mode
from apps.resilience.exceptions import UnknownPipelineError
from apps.resilience.pipeline.registry import SUFFIX
from apps.tuning.actor import Actor
from apps.tuning.audit import locked_head
from apps.tuning.current import state_of
from apps.tuning.exceptions import UnknownPolicyError
from apps.tuning.reason import checked_reason
from apps.tuning.registry import handle_of
from apps.tuning.revisions import latest_revision
from apps.tuning.services.changes import Changed, Order, apply


class Command(StrEnum):
    """What a breaker can be told."""

    FORCE_OPEN = "force-open"  # reject all calls until closed
    CLOSE = "close"  # end whatever staff ordered, close, and judge again
    RESET = "reset"  # close and empty the window; what staff ordered stays
    DISABLE = "disable"  # let all calls pass and judge none until closed


def order_breaker(*, name: str, command: Command, actor: Actor, reason: str, request_id: str = "") -> Changed:
    """Tell the breaker of a dependency; every process obeys within a second of the commit.

    Raises UnknownPipelineError, or PolicyError for a bad reason. Blocks for a few queries.
    """
    try:
        handle = handle_of(name + SUFFIX)
    except UnknownPolicyError:
        raise UnknownPipelineError(f"There is no dependency {name!r}.") from None
    wanted = Order(actor=actor, reason=checked_reason(reason), request_id=request_id, action=f"breaker.{command.value}")
    with transaction.atomic():
        locked_head()
        policy = state_of(handle, latest_revision(handle.name)).policy
        return apply(handle, _changes(command, resets=policy.resets), wanted)


def _changes(command: Command, *, resets: int) -> dict[str, object]:
    if command is Command.FORCE_OPEN:
        return {"mode": Mode.FORCED_OPEN.value}
    if command is Command.DISABLE:
        return {"mode": Mode.DISABLED.value}
    mode: dict[str, object] = {"mode": Mode.AUTOMATIC.value} if command is Command.CLOSE else {}
    return {**mode, "resets": resets + 1}
