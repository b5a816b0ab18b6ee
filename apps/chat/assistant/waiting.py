"""Replies that wait for an endpoint that is down: the row stays, and is taken up once when the endpoint is back.

Whoever takes one up changes its state, by one update that only one process can make. A reply that is taken up again
without being asked for keeps its error code, so that nobody is told of a try that fails.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from apps.chat.assistant.closing import Closing, closed
from apps.chat.models import Reply
from apps.chat.policy import assistant

PAUSE = timedelta(seconds=5)  # between two tries of the same reply
AT_ONCE = 16  # taken up by a process in one go, so that who comes back is not overrun


def taken_up(*, limit: int) -> list[int]:
    """Return replies that this process writes from now on, the oldest first. A query, and one for each of them."""
    if not assistant.current.is_on:
        return []
    due = _waiting().filter(heartbeat_at__lt=Now() - PAUSE, conversation__has_assistant=True)
    found = list(due.order_by("asked_at").values_list("pk", flat=True)[:limit])
    return [key for key in found if _waiting().filter(pk=key).update(state=Reply.State.WRITING, heartbeat_at=Now())]


def given_up() -> int:
    """End the replies that waited for longer than the policy allows; return how many."""
    too_old = _waiting().filter(asked_at__lt=Now() - timedelta(hours=assistant.current.wait_hours))
    closing = Closing(outcome="failed", fault="unreachable")
    return sum(ended(key, closing) for key in too_old.values_list("pk", flat=True))


def ended(reply_id: int, closing: Closing) -> bool:
    """End a reply that waits; return False where it waits no longer."""
    with transaction.atomic():
        rows = _waiting().filter(pk=reply_id).select_for_update(of=("self",))
        reply = rows.select_related("asked_by", "conversation").first()
        if reply is not None:
            closed(reply, text="", html="", closing=closing)
    return reply is not None


def _waiting() -> QuerySet[Reply]:
    return Reply.objects.filter(state=Reply.State.WAITING)
