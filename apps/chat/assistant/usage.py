"""What a reply used: as the endpoint counts it, estimated where it does not say; summed by day, user and model."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from apps.chat.assistant.context import tokens_of
from apps.chat.assistant.upstream import Usage
from apps.chat.models import AssistantUsage, Reply
from apps.chat.policy import assistant, budget


def model_asked() -> str:
    """Return the name of the model that is asked now; empty where there is no endpoint, and nothing to count."""
    return (assistant.current.model or settings.ASSISTANT_MODEL) if settings.ASSISTANT_BASE_URL else ""


def today() -> date:
    """Return the day that is counted for, which is UTC's for everybody."""
    return timezone.now().date()


def measured(reply: Reply, *, text: str, usage: Usage | None) -> None:
    """Set what a reply used, not saved yet. What ended without a word and without a figure used nothing.

    Without the endpoint's own figures the prompt counts as it was estimated at the begin, the reply by its words.
    """
    reply.is_usage_estimated = usage is None and bool(text and reply.model)
    if usage is not None:
        reply.prompt_tokens, reply.reply_tokens = usage.prompt_tokens, usage.reply_tokens
    elif reply.is_usage_estimated:
        reply.reply_tokens = tokens_of(text)
    else:
        reply.prompt_tokens = reply.reply_tokens = None


def booked(reply: Reply) -> None:
    """Add an ended reply to its day. Two or three queries in the caller's transaction; locks the day's row last."""
    if not reply.model or reply.reply_tokens is None:
        return
    prompt_tokens = reply.prompt_tokens or 0
    key: dict[str, Any] = {"day": today(), "user_id": reply.asked_by_id, "model": reply.model}
    row, _ = AssistantUsage.objects.get_or_create(**key)
    AssistantUsage.objects.filter(pk=row.pk).update(
        replies=F("replies") + 1,
        estimated_replies=F("estimated_replies") + int(reply.is_usage_estimated),
        prompt_tokens=F("prompt_tokens") + prompt_tokens,
        reply_tokens=F("reply_tokens") + reply.reply_tokens,
        cost_micros=F("cost_micros") + cost_micros(prompt_tokens, reply.reply_tokens),
    )


def cost_micros(prompt_tokens: int, reply_tokens: int) -> int:
    """Return the cost in millionths: a price per million tokens is one of so many millionths per token."""
    policy = budget.current
    return round(prompt_tokens * policy.prompt_price + reply_tokens * policy.reply_price)
