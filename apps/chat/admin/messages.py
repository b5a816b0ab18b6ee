"""Messages: read, found by number, taken down."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from apps.chat.models import Message
from apps.chat.services.messages import take_down_message

EXCERPT_CHARACTERS = 100


@admin.register(Message)
class MessageAdmin(ModelAdmin):
    """Every message by number; staff may take one down but not put words into anybody's mouth."""

    list_display = ("id", "conversation", "sequence", "writer", "role", "excerpt", "created_at")
    list_select_related = ("conversation", "author")
    list_filter = ("role",)
    list_display_links = ("id", "excerpt")
    search_fields = ("=id", "=conversation__id")
    search_help_text = "Number of a message or conversation"
    ordering = ("-id",)
    show_full_result_count = False
    paginator = InfinitePaginator
    actions = ("take_down",)
    fields = (
        "conversation",
        "sequence",
        "writer",
        "role",
        "completion",
        "shown",
        "created_at",
        "edited_at",
        "deleted_at",
    )
    readonly_fields = fields

    @admin.display(description="Author")
    def writer(self, message: Message) -> str:
        """Return who wrote it, user or imported name."""
        return message.author.get_username() if message.author else message.author_name

    @admin.display(description="Text")
    def excerpt(self, message: Message) -> str:
        """Return the beginning of the text."""
        return message.text[:EXCERPT_CHARACTERS] if message.deleted_at is None else "(deleted)"

    @admin.display(description="Text")
    def shown(self, message: Message) -> str:
        """Return the text as its readers see it."""
        return format_html("<div>{}</div>", mark_safe(message.html))  # noqa: S308  (sanitised when it was stored)

    @admin.action(description="Take down: leave a tombstone in its place", permissions=("delete",))
    def take_down(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Take each selected message down."""
        for message_id in queryset.values_list("pk", flat=True):
            take_down_message(message_id=message_id)
        self.message_user(request, "The messages were taken down.")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  (Django's signature)
        """Messages are written in the chat."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:  # noqa: ARG002
        """Nobody's words are changed here."""
        return False

    def delete_model(self, request: HttpRequest, obj: Message) -> None:  # noqa: ARG002  (Django's signature)
        """Leave a tombstone: sequences have no gaps."""
        take_down_message(message_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Leave a tombstone for each."""
        for message in queryset:
            self.delete_model(request, message)
