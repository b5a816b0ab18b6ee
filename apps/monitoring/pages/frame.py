"""What stands around every performance page: the rooms, and where the reader is."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.monitoring.pages.rooms import ROOMS, Room


def framed(request: HttpRequest, template: str, *, here: Room, status: int = 200, **context: Any) -> HttpResponse:
    """Return the template in the frame of the pages."""
    frame = {"rooms": ROOMS, "here": here, "version": settings.VERSION}
    return render(request, f"monitoring/{template}.html", {**frame, **context}, status=status)


def number_of(text: str | None) -> int | None:
    """Return a whole number as it stands in an address; None for anything else."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= 18 else None  # noqa: PLR2004
