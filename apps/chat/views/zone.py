"""The reader's time zone: the browser tells it in a cookie, so that days and times are right in the first paint."""

from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest
from django.utils import timezone

COOKIE = "timezone"


def reader_zone(request: HttpRequest) -> tzinfo:
    """Return the zone the browser named, or the site's own for none or an unknown one. No query."""
    name = request.COOKIES.get(COOKIE, "")
    return ZoneInfo(name) if name in _known() else timezone.get_default_timezone()


def until_midnight(request: HttpRequest) -> float:
    """Return the seconds until the reader's day ends, and with it what "today" means on their page."""
    now = timezone.localtime(timezone=reader_zone(request))
    midnight = datetime.combine(now.date() + timedelta(days=1), time.min, tzinfo=now.tzinfo)
    return (midnight.astimezone(UTC) - now.astimezone(UTC)).total_seconds()  # a day is not always 24 hours


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(available_timezones())
