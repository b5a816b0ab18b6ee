"""The key figures of the last hour, on the first page of the admin."""

from typing import Any

from django.http import HttpRequest

from apps.monitoring.pages.content import CONTENTS
from apps.monitoring.snapshots.window import Window

SECONDS = 3_600


def dashboard(_request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of the admin's first page with the figures of the overview. Blocks for a few queries."""
    overview = CONTENTS[""]
    figures = overview.figures(Window.last(SECONDS)) if overview.figures else []
    return {**context, "key_figures": figures}
