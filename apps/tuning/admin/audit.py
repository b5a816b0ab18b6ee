"""The audit log in the admin: found by what, whom and why; never changed."""

import json

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from unfold.admin import ModelAdmin

from apps.tuning.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ModelAdmin):
    """Every entry, the latest first."""

    list_display = ("id", "created_at", "actor_name", "action", "target", "reason")
    list_display_links = ("id", "action")
    list_filter = ("action",)
    search_fields = ("actor_name", "action", "target", "reason", "=request_id")
    search_help_text = "Actor, action, target or reason; a whole request id."
    ordering = ("-id",)
    date_hierarchy = "created_at"
    fields = (
        "created_at",
        "actor_name",
        "actor_id",
        "action",
        "target",
        "shown_before",
        "shown_after",
        "reason",
        "request_id",
        "shown_previous_hash",
        "shown_hash",
    )
    readonly_fields = fields

    @admin.display(description="Before")
    def shown_before(self, entry: AuditEntry) -> str:
        """Return what was there."""
        return indented(entry.before)

    @admin.display(description="After")
    def shown_after(self, entry: AuditEntry) -> str:
        """Return what came instead."""
        return indented(entry.after)

    @admin.display(description="Previous hash")
    def shown_previous_hash(self, entry: AuditEntry) -> str:
        """Return the hash of the entry before this one."""
        return in_pieces(entry.previous_hash)

    @admin.display(description="Hash")
    def shown_hash(self, entry: AuditEntry) -> str:
        """Return the entry's own hash."""
        return in_pieces(entry.hash)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  (Django's signature)
        """Entries are written by what they tell of."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:  # noqa: ARG002
        """What happened is not changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:  # noqa: ARG002
        """What happened is not deleted."""
        return False


def in_pieces(text: str) -> str:
    """Return a hash that may be broken every sixteen characters, for narrow screens."""
    return format_html_join(mark_safe("<wbr>"), "{}", ((text[at : at + 16],) for at in range(0, len(text), 16)))


def indented(value: object) -> str:
    """Return JSON over several lines."""
    return format_html('<pre class="text-xs whitespace-pre-wrap">{}</pre>', json.dumps(value, indent=1))
