"""How people and times look; static/chat/message.js says the same for messages that arrive later."""

from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format

register = template.Library()

TONES = 12


@register.filter
def tone(name: str) -> int:
    """Return which of the avatar colours belongs to the name."""
    return sum(map(ord, name)) % TONES


@register.filter
def initials(name: str) -> str:
    """Return one or two letters for an avatar."""
    words = [word for word in name.replace("_", " ").replace(".", " ").replace("-", " ").split() if word]
    letters = [next((character for character in word if character.isalnum()), "") for word in words]
    return "".join(letters)[:2].upper() or "?"


@register.filter
def counted(number: int) -> str:
    """Return a number as it is read: 11,000."""
    return f"{number:,}"


@register.filter
def day_label(day: date) -> str:
    """Return a day in words: Today, Yesterday, or its date."""
    today = timezone.localdate()
    if day in (today, today - timedelta(days=1)):
        return "Today" if day == today else "Yesterday"
    return date_format(day, "l j F Y")


@register.filter
def brief_time(moment: datetime) -> str:
    """Return when something was, as short as can be: the time of today, a day of this year, or a date."""
    local, now = timezone.localtime(moment), timezone.localtime()
    if local.date() == now.date():
        return date_format(local, "H:i")
    return date_format(local, "j M" if local.year == now.year else "j M Y")
