"""Replies of the assistant: who asked, what became of them, what they cost."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from apps.chat.models import Reply


@admin.register(Reply)
class ReplyAdmin(ModelAdmin):
    """A record of every reply; nothing is changed here."""

    list_display = ("id", "conversation", "asked_by", "state", "outcome", "error_code", "reply_tokens", "asked_at")
    list_filter = ("state", "outcome", "error_code")
    list_select_related = ("conversation", "asked_by")
    search_fields = ("=conversation__id", "asked_by__username")
    search_help_text = "Number of a conversation, or a user name"
    ordering = ("-id",)
    show_full_result_count = False
    paginator = InfinitePaginator

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  (Django's signature)
        """Replies begin in the chat."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Reply | None = None) -> bool:  # noqa: ARG002
        """What happened is not changed."""
        return False
