"""How policies are written on pages."""

from typing import Any

from django import template

from apps.tuning import difference

register = template.Library()
register.filter("shown", difference.shown)
register.filter("label", difference.label)


@register.filter
def add_number(text: str, number: Any) -> str:
    """Return the text with the number behind it."""
    return f"{text}{number}"
