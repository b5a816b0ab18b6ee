"""Conversations and their members."""

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from apps.chat.exceptions import NotFoundError
from apps.chat.models import Conversation, Membership
from apps.chat.services.conversations import discard
from apps.chat.services.members import expel_member


class MembershipInline(TabularInline):
    """Members are added, removed and made owners here."""

    model = Membership
    extra = 0
    hide_title = True
    autocomplete_fields = ("user",)
    readonly_fields = ("joined_at", "last_read_sequence")


@admin.register(Conversation)
class ConversationAdmin(ModelAdmin):
    """Conversations; deleting one hides it at once and purges its messages afterwards."""

    list_display = ("title", "member_count", "has_assistant", "last_sequence", "last_message_at", "imported_by")
    search_fields = ("title",)
    date_hierarchy = "last_message_at"
    list_select_related = ("imported_by",)
    fields = (
        "title",
        "has_assistant",
        "system_prompt",
        "created_at",
        "last_sequence",
        "last_message_at",
        "imported_by",
        "source_id",
    )
    readonly_fields = ("created_at", "last_sequence", "last_message_at", "imported_by", "source_id")
    inlines = (MembershipInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        """Leave out what waits to be purged; count members in the same query."""
        kept: QuerySet[Conversation] = super().get_queryset(request).filter(deleted_at=None)
        return kept.annotate(member_count=Count("memberships"))

    @admin.display(description="Members", ordering="member_count")
    def member_count(self, conversation: Conversation) -> int:
        """Return the count that the query brought along."""
        return int(getattr(conversation, "member_count", 0))

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  (Django's signature)
        """Conversations begin in the chat, with an owner."""
        return False

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: ARG002, FBT001
        """Add and change members, then let go who was ticked, as if an owner had removed them."""
        for membership in formset.save(commit=False):
            membership.save()
        for membership in formset.deleted_objects:
            with suppress(NotFoundError):  # gone meanwhile
                expel_member(conversation_id=membership.conversation_id, member_id=membership.user_id)

    def delete_model(self, request: HttpRequest, obj: Conversation) -> None:  # noqa: ARG002  (Django's signature)
        """Delete as an owner's own request would."""
        with transaction.atomic():
            discard(obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> None:
        """Delete each as an owner's own request would."""
        for conversation in queryset:
            self.delete_model(request, conversation)
