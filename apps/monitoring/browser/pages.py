"""Pages that a browser found poor, kept one by one with the traces of their requests."""

from datetime import timedelta

from django.utils import timezone

from apps.chat.exceptions import RateError
from apps.chat.rates import MINUTE, Limit, admit
from apps.monitoring.browser.beacon import Beacon
from apps.monitoring.browser.rating import rating
from apps.monitoring.models import Feedback, PageMeasurement
from apps.monitoring.policy.browser import BROWSER
from apps.monitoring.recorders.browser import seconds_of
from apps.monitoring.routes import route_of
from apps.resilience.limits.rate import quick

SITE = "site"
KEPT = Limit(
    name="poor-pages", rate=lambda: quick(BROWSER.current.pages_per_minute, MINUTE), words="{} pages a minute."
)


def keep_poor(beacon: Beacon) -> None:
    """Keep a page one of whose vitals is poor; one too many in a minute is counted only. One query at most."""
    vitals = seconds_of(beacon.vitals)
    if "poor" not in {rating(name, value) for name, value in vitals.items()}:
        return
    try:
        admit(KEPT, SITE)
    except RateError:  # counted by the recorder like all others; only its row is missing
        return
    PageMeasurement.objects.create(
        at=timezone.now(),
        route=route_of(beacon.path),
        kind=beacon.kind,
        trace_id=beacon.trace_id,
        **{name.lower(): value for name, value in vitals.items()},
    )


def prune_browser() -> int:
    """Remove poor pages and feedback that are older than the policy keeps; return how many."""
    bound = timezone.now() - timedelta(days=BROWSER.current.keep_days)
    return sum(model.objects.filter(at__lt=bound).delete()[0] for model in (PageMeasurement, Feedback))
