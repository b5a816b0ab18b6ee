"""Whether a reply may begin: not too many in an hour, not too many tokens in a day, not too much money.

Judged when a reply begins and counted when it ends: a bound is exceeded by the replies under way at most, each of
`context_tokens` and `reply_tokens` at most.
"""

from datetime import UTC, datetime, time, timedelta

from django.db.models import F, Sum
from django.utils import timezone

from apps.chat.assistant.usage import today
from apps.chat.models import AssistantUsage, Reply
from apps.chat.policy import budget, limits

HOUR = timedelta(hours=1)
OFTEN, USER_BUDGET, SITE_BUDGET = "often", "user_budget", "site_budget"  # codes of faults.FAULTS
MICROS = 1_000_000


class BudgetError(Exception):
    """A reply may not begin before `retry_at`; `code` is one of faults.FAULTS."""

    def __init__(self, code: str, retry_at: datetime) -> None:
        super().__init__(code)
        self.code, self.retry_at = code, retry_at


def check(reply: Reply) -> None:
    """Raise BudgetError where a reply may not begin. Up to three queries."""
    if retry_at := often(reply.asked_by_id, before=reply.pk):
        raise BudgetError(OFTEN, retry_at)
    if not reply.model:
        return
    if _is_user_over(reply.asked_by_id):
        raise BudgetError(USER_BUDGET, midnight())
    if _is_site_over():
        raise BudgetError(SITE_BUDGET, midnight())


def often(user_id: int | None, *, before: int | None = None) -> datetime | None:
    """Return when a user may have another reply, None for at once. One query; refused replies do not count."""
    most, now = limits.current.replies_per_hour, timezone.now()
    if most == 0:
        return now + HOUR
    rows = Reply.objects.filter(asked_by_id=user_id, asked_at__gt=now - HOUR).exclude(error_code=OFTEN)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    latest = list(rows.order_by("-pk").values_list("asked_at", flat=True)[most - 1 : most])
    return latest[0] + HOUR if user_id is not None and latest else None


def midnight() -> datetime:
    """Return the end of the day, UTC."""
    return datetime.combine(today() + timedelta(days=1), time.min, tzinfo=UTC)


def _is_user_over(user_id: int | None) -> bool:
    most = budget.current.user_tokens_per_day
    if not most or user_id is None:
        return False
    rows = AssistantUsage.objects.filter(day=today(), user_id=user_id)
    return (rows.aggregate(used=Sum(F("prompt_tokens") + F("reply_tokens")))["used"] or 0) >= most


def _is_site_over() -> bool:
    most = budget.current.cost_per_day
    if not most:
        return False
    spent = AssistantUsage.objects.filter(day=today()).aggregate(spent=Sum("cost_micros"))["spent"] or 0
    return spent >= most * MICROS
