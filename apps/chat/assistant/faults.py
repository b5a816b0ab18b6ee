"""What keeps a reply from being whole, in words for the person who asked."""

from datetime import datetime
from typing import NamedTuple

from apps.chat.records import ReplyProblem


class Fault(NamedTuple):
    """A sentence to show, and whether asking again is any use."""

    detail: str
    can_retry: bool = True


FAULTS = {
    "waiting": Fault("The assistant cannot be reached now. It will answer when it is back."),
    "unreachable": Fault("The assistant cannot be reached. Try again in a moment."),
    "slow": Fault("The assistant fell silent. Try again."),
    "busy": Fault("The assistant has too much to do. Try again in a minute."),
    "refused": Fault("The assistant refuses this. Staff find the reason in the server's log.", can_retry=False),
    "failed": Fault("The assistant failed. Try again."),
    "often": Fault("You have had as many replies as there may be within an hour."),
    "user_budget": Fault("You have used up your share of the assistant for today."),
    "site_budget": Fault("The assistant has used up its budget for today."),
    "cut": Fault("The connection to the assistant broke off. Try again."),
}


def problem_of(code: str, *, retry_at: datetime | None = None) -> ReplyProblem | None:
    """Return what to tell of a fault, None for no code."""
    if not code:
        return None
    fault = FAULTS[code]
    return ReplyProblem(code=code, detail=fault.detail, can_retry=fault.can_retry, retry_at=retry_at)
