"""Alerts by mail."""

import smtplib

from django.core.mail import EmailMessage

from apps.monitoring.alerts.exceptions import DeliveryError
from apps.monitoring.alerts.message import subject_of, text_of
from apps.monitoring.models import AlertDelivery
from apps.resilience.exceptions import ResilienceError
from apps.resilience.pipeline import pipeline


def send_mail(delivery: AlertDelivery) -> None:
    """Hand the mail to the server; raise DeliveryError. Blocks within the pipeline's limits.

    ValueError is Django's word for an address that is none. A mail that is sent twice, because nobody heard that it
    went, has the same id.
    """
    mail = EmailMessage(
        subject=subject_of(delivery),
        body=text_of(delivery),
        to=delivery.recipients.split(","),
        headers={"Message-ID": f"<alert-delivery-{delivery.pk}@perfsite>", "Auto-Submitted": "auto-generated"},
    )
    try:
        pipeline("smtp").call(mail.send)
    except (smtplib.SMTPException, OSError, ValueError, ResilienceError) as error:
        raise DeliveryError(f"{type(error).__name__}: {error}") from error
