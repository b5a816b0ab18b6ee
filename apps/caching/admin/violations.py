"""The auditor's findings: what was older than it may be, and the history of its key."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from unfold.admin import ModelAdmin

from apps.caching.models import FreshnessViolation


@admin.register(FreshnessViolation)
class FreshnessViolationAdmin(ModelAdmin):
    """Looked at only. A key leads to all that was found of it."""

    list_display = ("found_at", "namespace", "key_history", "level", "why", "seconds", "age_seconds", "origin")
    list_display_links = ("found_at",)
    list_filter = ("namespace", "level")
    search_fields = ("digest__startswith",)
    search_help_text = "The first digits of a digest"
    ordering = ("-found_at", "-id")
    show_full_result_count = False
    fields = (
        "found_at",
        "namespace",
        "digest",
        "level",
        "origin",
        "tag",
        "why",
        "seconds",
        "age_seconds",
        "steps",
    )
    readonly_fields = fields

    @admin.display(description="Key")
    def key_history(self, row: FreshnessViolation) -> str:
        """Return a link to everything that was found of the key."""
        path = reverse("admin:caching_freshnessviolation_changelist")
        return format_html('<a href="{}?q={}">{}</a>', path, row.digest, row.digest[:8])

    @admin.display(description="History")
    def steps(self, row: FreshnessViolation) -> str:
        """Return what the process knew of the entry, the oldest first."""
        return format_html_join("\n", "<p>{} s: {}</p>", ((seconds, what) for seconds, what in row.history))

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  (Django's signature)
        """The auditor writes."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: FreshnessViolation | None = None) -> bool:  # noqa: ARG002
        """What was found is not changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: FreshnessViolation | None = None) -> bool:  # noqa: ARG002
        """They go by their age."""
        return False
