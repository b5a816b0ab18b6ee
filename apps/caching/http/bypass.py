"""Staff may ask past the cache by a header: seldom, and on record."""

import time
from threading import Lock
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from apps.resilience.limits.bucket import Bucket
from apps.tuning.actor import Actor
from apps.tuning.audit import record

HEADER = "HTTP_X_CACHE_BYPASS"
PER_SECOND, BURST = 0.5, 10.0
REASON = "Asked past the cache by X-Cache-Bypass."

_bucket, _lock = Bucket(), Lock()


def is_bypassed(request: HttpRequest) -> bool:
    """Return whether the request goes past the cache: for staff, within a rate, with an entry in the audit log.

    Anybody else's header says nothing, and neither does one too many: they are answered as always.
    """
    if not request.META.get(HEADER):
        return False
    user: Any = request.user
    if not user.is_staff or not _is_admitted():
        return False
    _recorded(user, request)
    return True


def _is_admitted() -> bool:
    with _lock:
        return _bucket.take(time.monotonic(), per_second=PER_SECOND, burst=BURST) == 0


def _recorded(user: Any, request: HttpRequest) -> None:
    with transaction.atomic():
        record(
            actor=Actor(id=user.pk, name=user.get_username()),
            action="cache.bypass",
            target=request.path[:200],
            before=None,
            after=None,
            reason=REASON,
            request_id=request.META.get("HTTP_X_REQUEST_ID", ""),
        )
