"""Alerts by a signed request, after the Standard Webhooks specification 1.0 (standardwebhooks.com)."""

import base64
import hashlib
import hmac
import http.client
import time
import urllib.error
import urllib.request
from typing import Any

import orjson
from django.conf import settings

from apps.monitoring.alerts.exceptions import DeliveryError
from apps.monitoring.models import AlertDelivery
from apps.resilience.exceptions import ResilienceError
from apps.resilience.pipeline import pipeline

SECONDS = 10.0
PREFIX = "whsec_"


class Strict(urllib.request.HTTPRedirectHandler):
    """An answer that it is elsewhere is no delivery: what is signed goes where it was told to go."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow nowhere."""


opener = urllib.request.build_opener(Strict)


def post(delivery: AlertDelivery) -> None:
    """Send it; raise DeliveryError unless the answer is 2xx. Blocks within the pipeline's limits.

    A request that is sent twice, because nobody heard its answer, has the same id.
    """
    body = orjson.dumps({"type": f"alert.{delivery.event}", "timestamp": delivery.created_at, "data": delivery.content})
    name, at = f"alert_{delivery.pk}", int(time.time())
    headers = {
        "Content-Type": "application/json",
        "Webhook-Id": name,
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": signature(settings.ALERT_WEBHOOK_KEY, name, at, body),
    }
    request = urllib.request.Request(settings.ALERT_WEBHOOK_URL, body, headers, method="POST")  # noqa: S310  (http or https, by the settings)
    try:
        pipeline("alert_webhook").call(_sent, request)
    except (urllib.error.URLError, http.client.HTTPException, OSError, ResilienceError) as error:
        raise DeliveryError(f"{type(error).__name__}: {error}") from error


def signature(key: str, name: str, at: int, body: bytes) -> str:
    """Return the signature of id, timestamp and body by a base64 key."""
    secret = base64.b64decode(key.removeprefix(PREFIX))
    signed = b"%b.%d.%b" % (name.encode(), at, body)
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def _sent(request: urllib.request.Request) -> None:
    with opener.open(request, timeout=SECONDS) as answer:
        answer.read(0)
