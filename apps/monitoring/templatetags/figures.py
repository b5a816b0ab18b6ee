"""How figures and moments look on the performance pages; static/monitoring/units.js says the same for live ones."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format

from apps.monitoring.pages.unit import written
from apps.tuning.difference import shown

register = template.Library()


@register.filter
def moment(at: datetime) -> str:
    """Return a moment to the second, in the reader's zone."""
    return date_format(timezone.localtime(at), "j M Y H:i:s")


@register.filter
def grouped(number: float) -> str:
    """Return a number as it is read: 11,000."""
    return f"{number:,}"


@register.filter
def value(anything: Any) -> str:
    """Return a policy's value as people read it."""
    return shown(anything)


@register.filter
def unit(number: float | str | None, name: str) -> str:
    """Return a figure with its unit: see `written`; a dash for none."""
    return written(number, name)
