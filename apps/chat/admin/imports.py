"""Imports: what came in, what was refused and why."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from apps.chat.models import Import


@admin.register(Import)
class ImportAdmin(ModelAdmin):
    """A record of every import; nothing is changed here."""

    list_display = ("filename", "owner", "state", "rows_imported", "rows_known", "rows_refused", "created_at")
    list_filter = ("state", "format")
    list_select_related = ("owner",)
    search_fields = ("filename", "owner__username")
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  (Django's signature)
        """Imports begin on the import page or the command line."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Import | None = None) -> bool:  # noqa: ARG002
        """What happened is not changed."""
        return False
