"""Answers kept for requests with an Idempotency-Key: who, what, when; never what they say."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from apps.deduplication.models import IdempotencyRecord


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(ModelAdmin):
    """Looked at only: a record that went missing would let its request run again."""

    list_display = ("created_at", "user", "method", "path", "status", "short_digest")
    list_display_links = None
    list_filter = ("method", "status")
    list_select_related = ("user",)
    search_fields = ("=user__username", "digest__startswith")
    search_help_text = "Name of an account, or the first digits of a digest"
    ordering = ("-id",)
    show_full_result_count = False
    paginator = InfinitePaginator
    fields = ("created_at", "user", "method", "path", "standing", "status", "digest", "fingerprint")

    def get_queryset(self, request: HttpRequest) -> QuerySet[IdempotencyRecord]:
        """Leave the bodies where they are."""
        rows: QuerySet[IdempotencyRecord] = super().get_queryset(request)
        return rows.defer("body", "headers")

    @admin.display(description="Digest")
    def short_digest(self, record: IdempotencyRecord) -> str:
        """Return enough of the digest to tell two apart."""
        return record.digest[:8]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  (Django's signature)
        """Requests make records."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: IdempotencyRecord | None = None) -> bool:  # noqa: ARG002
        """What was answered is not changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: IdempotencyRecord | None = None) -> bool:  # noqa: ARG002
        """They go by their age, or with their account."""
        return False
