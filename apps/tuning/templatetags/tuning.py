"""How policies are written on pages."""

from typing import Any

from django import template

from apps.tuning import difference

register = template.Library()
register.filter("shown", difference.shown)


@register.filter
def label(name: str) -> str:
    """Return a field's name as people read it."""
    return name.replace("_", " ").capitalize()


@register.filter
def add_number(text: str, number: Any) -> str:
    """Return the text with the number behind it."""
    return f"{text}{number}"
