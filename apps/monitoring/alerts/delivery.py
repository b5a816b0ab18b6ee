"""Who is told: written down in the transaction of the change, sent afterwards, tried again until it is."""

import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from apps.monitoring.alerts.exceptions import DeliveryError
from apps.monitoring.alerts.machine import Event
from apps.monitoring.alerts.mail import send_mail
from apps.monitoring.alerts.message import content_of
from apps.monitoring.alerts.rules.rule import Rule
from apps.monitoring.alerts.webhook import post
from apps.monitoring.models import Alert, AlertDelivery

logger = logging.getLogger(__name__)
Channel = AlertDelivery.Channel
WAYS = {Channel.EMAIL: send_mail, Channel.WEBHOOK: post}
GIVEN_UP_AFTER = timedelta(days=1)
SENDING_SECONDS = 45.0  # the turn lasts longer than this and one attempt together


def write_deliveries(row: Alert, event: Event, rule: Rule, at: datetime) -> None:
    """Write down what is to be told by which channel; in the transaction of the change."""
    content = content_of(row, event, rule)
    for channel, recipients in ways(rule):
        AlertDelivery.objects.create(
            alert=row, event=event.value, channel=channel, recipients=recipients, content=content, created_at=at
        )


def ways(rule: Rule) -> Iterator[tuple[str, str]]:
    """Yield the channels that are set up, each with whom it reaches for a rule."""
    named = [one.strip() for one in rule.policy.current.recipients.split(",") if one.strip()]
    recipients = ",".join(named or settings.ALERT_RECIPIENTS)
    if settings.IS_MAIL_SENT and recipients:
        yield Channel.EMAIL, recipients
    if settings.ALERT_WEBHOOK_URL:
        yield Channel.WEBHOOK, ""


def deliver_waiting() -> None:
    """Send what waits, the oldest first; a channel that fails is tried again at the next look.

    Blocks for each, a minute at most.
    """
    now, until = timezone.now(), time.monotonic() + SENDING_SECONDS
    waiting = AlertDelivery.objects.filter(delivered_at=None, given_up_at=None)
    waiting.filter(created_at__lt=now - GIVEN_UP_AFTER).update(given_up_at=now)
    for channel, send in WAYS.items():
        for delivery in waiting.filter(channel=channel).order_by("created_at", "pk"):
            if time.monotonic() > until or not _attempted(delivery):
                break
            try:
                send(delivery)
            except DeliveryError as error:
                logger.warning("An alert could not be told by %s: %s", channel, error)
                AlertDelivery.objects.filter(pk=delivery.pk).update(error=str(error)[:500])
                break
            AlertDelivery.objects.filter(pk=delivery.pk).update(delivered_at=timezone.now(), error="")


def _attempted(delivery: AlertDelivery) -> bool:
    """Count an attempt; return False where somebody else makes it, whose turn lasted longer than it may."""
    same = AlertDelivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, delivered_at=None)
    return bool(same.update(attempts=delivery.attempts + 1))
