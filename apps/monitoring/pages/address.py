"""Where pages lead to each other, with what they were asked for."""

from urllib.parse import urlencode

from django.urls import reverse

from apps.monitoring.pages.period import Period


def traces_of(period: Period, **wanted: str) -> str:
    """Return the address of the traces of the same time that fit."""
    return f"{reverse('performance_traces')}?{urlencode({'range': period.name, **wanted})}"


def trace_path(trace_id: str) -> str:
    """Return the address of one trace."""
    return reverse("performance_trace", args=(trace_id,))
