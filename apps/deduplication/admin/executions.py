"""The auditor's book: executions of shared work, those that overlapped, and the history of their key."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from apps.deduplication.models import FlightExecution


@admin.register(FlightExecution)
class FlightExecutionAdmin(ModelAdmin):
    """Looked at only. The filter "duplicate" is the list of findings; a key leads to all that was run for it."""

    list_display = ("started_at", "scope", "key_history", "host", "pid", "milliseconds", "is_alone", "verdict")
    list_display_links = ("started_at",)
    list_filter = ("verdict", "scope", "is_alone", "is_running")
    search_fields = ("digest__startswith",)
    search_help_text = "The first digits of a digest"
    ordering = ("-started_ns", "-id")
    show_full_result_count = False
    paginator = InfinitePaginator
    fields = (
        "scope",
        "digest",
        "token",
        "host",
        "pid",
        "started_at",
        "seen_at",
        "milliseconds",
        "is_running",
        "is_alone",
        "verdict",
        "overlapped",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[FlightExecution]:
        """Join what each one overlapped."""
        rows: QuerySet[FlightExecution] = super().get_queryset(request)
        return rows.select_related("overlapped")

    @admin.display(description="Key")
    def key_history(self, row: FlightExecution) -> str:
        """Return a link to everything that was run under the key."""
        path = reverse("admin:deduplication_flightexecution_changelist")
        return format_html('<a href="{}?q={}">{}</a>', path, row.digest, row.digest[:8])

    @admin.display(description="Milliseconds")
    def milliseconds(self, row: FlightExecution) -> str:
        """Return how long it ran."""
        return f"{(row.ended_ns - row.started_ns) / 1e6:.1f}"

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  (Django's signature)
        """The auditor writes."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: FlightExecution | None = None) -> bool:  # noqa: ARG002
        """What ran is not changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: FlightExecution | None = None) -> bool:  # noqa: ARG002
        """They go by their age."""
        return False
