"""Alerts in the admin: what is broken, who was told, and what staff say to it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.monitoring.alerts.exceptions import AlertGoneError
from apps.monitoring.alerts.service import acknowledge_alert, silence_alert
from apps.monitoring.models import Alert, AlertDelivery
from apps.tuning.actor import Actor
from apps.tuning.exceptions import PolicyError
from apps.tuning.reason import REASON_MAX_CHARACTERS

HOUR = 3_600
LENGTHS = [(HOUR, "1 hour"), (4 * HOUR, "4 hours"), (24 * HOUR, "1 day"), (7 * 24 * HOUR, "1 week")]


class AlertActionForm(ActionForm):
    """Why, and for silence how long."""

    reason = forms.CharField(
        required=False,
        max_length=REASON_MAX_CHARACTERS,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "placeholder": "why"}),
    )
    seconds = forms.TypedChoiceField(
        coerce=int, choices=LENGTHS, required=False, label="Silent for", widget=UnfoldAdminSelectWidget
    )


class DeliveryInline(TabularInline):
    """What was told of an alert."""

    model = AlertDelivery
    fields = ("created_at", "event", "channel", "recipients", "attempts", "delivered_at", "given_up_at", "error")
    readonly_fields = fields
    ordering = ("-created_at", "-pk")
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Alert | None) -> bool:  # noqa: ARG002
        """The rules write."""
        return False


@admin.register(Alert)
class AlertAdmin(ModelAdmin):
    """Every alert, the latest first. What staff say of one is audited."""

    list_display = ("rule", "key", "state", "value", "raised_at", "resolved_at", "silenced_until", "acknowledged_by")
    list_display_links = ("rule", "key")
    list_filter = ("state", "rule")
    search_fields = ("rule", "key", "output")
    ordering = ("-pk",)
    inlines = (DeliveryInline,)
    actions = ("silence", "acknowledge")
    action_form = AlertActionForm
    fields = (
        "rule", "key", "state", "value", "threshold", "output", "since", "raised_at", "clear_since", "resolved_at",
        "seen_at", "last_notified_at", "silenced_until", "acknowledged_by", "acknowledged_at", "acknowledged_reason",
    )  # fmt: skip
    readonly_fields = fields

    @admin.action(description="Silence: tell nobody for a while", permissions=("change",))
    def silence(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        """Silence each for the time that was chosen."""
        seconds = chosen(request).get("seconds") or HOUR
        self._say(request, queryset, partial(silence_alert, seconds=seconds), "silent")

    @admin.action(description="Acknowledge: somebody sees to it", permissions=("change",))
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        """Say so of each."""
        self._say(request, queryset, acknowledge_alert, "acknowledged")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  (Django's signature)
        """The rules raise them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Alert | None = None) -> bool:  # noqa: ARG002
        """They go by their age."""
        return False

    def _say(self, request: HttpRequest, queryset: QuerySet[Alert], order: Callable[..., Any], word: str) -> None:
        actor = Actor(id=request.user.pk, name=request.user.get_username())
        done = 0
        for number in queryset.values_list("pk", flat=True):
            try:
                order(
                    alert_id=number,
                    actor=actor,
                    reason=chosen(request).get("reason", ""),
                    request_id=request.META.get("HTTP_X_REQUEST_ID", ""),
                )
            except (AlertGoneError, PolicyError) as error:
                messages.error(request, str(error))
            else:
                done += 1
        if done:
            messages.success(request, f"{done} {'alert is' if done == 1 else 'alerts are'} {word}.")


def chosen(request: HttpRequest) -> dict[str, Any]:
    """Return what the action's form says; nothing where it is wrong."""
    form = AlertActionForm(request.POST)
    form.fields["action"].required = False
    form.full_clean()
    told: dict[str, Any] = form.cleaned_data
    return told
