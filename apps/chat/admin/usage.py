"""What the assistant used and cost, by day, user and model."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from apps.chat.models import AssistantUsage

MICROS = 1_000_000


@admin.register(AssistantUsage)
class AssistantUsageAdmin(ModelAdmin):
    """A record; nothing is changed here."""

    list_display = (
        "day",
        "user",
        "model",
        "replies",
        "estimated_replies",
        "prompt_tokens",
        "reply_tokens",
        "cost",
    )
    list_filter = ("model",)
    list_select_related = ("user",)
    search_fields = ("user__username", "model")
    search_help_text = "User name, or a model's name"
    date_hierarchy = "day"
    ordering = ("-day", "-cost_micros", "-reply_tokens")

    @admin.display(ordering="cost_micros")
    def cost(self, usage: AssistantUsage) -> str:
        """Return the cost in whole units of the currency that the prices are in."""
        return f"{usage.cost_micros / MICROS:,.4f}"

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  (Django's signature)
        """Replies count themselves."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AssistantUsage | None = None) -> bool:  # noqa: ARG002
        """What was used is not changed."""
        return False
