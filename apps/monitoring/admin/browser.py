"""Poor pages and feedback: records, to read and to search."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from apps.monitoring.models import Feedback, PageMeasurement
from apps.monitoring.pages.address import trace_path


class RecordAdmin(ModelAdmin):
    """Rows that were told; nobody adds or changes one."""

    date_hierarchy = "at"
    ordering: tuple[str, ...] = ("-at",)

    @admin.display(description="trace", ordering="trace_id")
    def trace(self, row: Any) -> str:
        """Return a link to the trace of its request."""
        return format_html('<a href="{}">{}</a>', trace_path(row.trace_id), row.trace_id) if row.trace_id else ""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  (Django's signature)
        """They come by themselves."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """What was told is not changed."""
        return False


@admin.register(PageMeasurement)
class PageMeasurementAdmin(RecordAdmin):
    """Pages that a browser found poor."""

    list_display = ("at", "route", "kind", "lcp", "inp", "ttfb", "cls", "trace")
    list_filter = ("kind",)
    search_fields = ("route", "trace_id")


@admin.register(Feedback)
class FeedbackAdmin(RecordAdmin):
    """What people say of pages."""

    list_display = ("at", "route", "is_fast", "is_helpful", "comment", "user", "trace")
    list_filter = ("is_fast", "is_helpful")
    list_select_related = ("user",)
    search_fields = ("route", "comment", "user__username")
