"""Dependencies in the admin: how each breaker stands in every process, and the orders staff can give."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.resilience.admin.draft import DraftForm
from apps.resilience.exceptions import UnknownPipelineError
from apps.resilience.models import Dependency
from apps.resilience.overview import Standing, is_alone, standing, standings
from apps.resilience.preview import preview
from apps.resilience.services import Command, order_breaker
from apps.tuning.actor import Actor
from apps.tuning.admin.pages import PagesAdmin, sent_by
from apps.tuning.exceptions import PolicyError
from apps.tuning.reason import REASON_MAX_CHARACTERS
from apps.tuning.revisions import latest_revision

EFFECTS = {
    Command.FORCE_OPEN: "Rejects every call until it is closed.",
    Command.CLOSE: "Ends what was ordered, lets calls pass and judges them from an empty window.",
    Command.RESET: "Closes it and empties its window; what was ordered stays.",
    Command.DISABLE: "Lets every call pass and judges none until it is closed.",
}


class OrderForm(forms.Form):
    """An order and why."""

    command = forms.ChoiceField(choices=[(command.value, command.value) for command in Command])
    reason = forms.CharField(
        max_length=REASON_MAX_CHARACTERS,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        error_messages={"required": "Say why: it is kept in the history and the audit log."},
    )


def found_or_404(name: str) -> Standing:
    """Return the dependency; raise Http404 where there is none of the name."""
    try:
        return standing(name)
    except UnknownPipelineError as error:
        raise Http404(str(error)) from None


@admin.register(Dependency)
class DependencyAdmin(PagesAdmin):
    """Pages of our own in the admin's frame: nothing here is a row."""

    templates = "resilience"

    def get_urls(self) -> list[URLPattern]:
        """Return the pages; the names of Django's own list stay, so that the index finds it."""
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.overview), name="resilience_dependency_changelist"),
            path("<slug:name>/", wrap(self.dependency), name="resilience_dependency_change"),
            path("<slug:name>/preview/", wrap(self.preview), name="resilience_dependency_preview"),
        ]

    def overview(self, request: HttpRequest) -> HttpResponse:
        """Show every dependency."""
        self.require(request, change=False)
        found = standings()
        faulty = [one for one in found if one.has_faults]
        return self.page(request, "dependencies", "Dependencies", standings=found, faulty=faulty)

    def dependency(self, request: HttpRequest, *, name: str) -> HttpResponse:
        """Show one; a POST gives an order."""
        self.require(request, change=request.method == "POST")
        shown = found_or_404(name)
        form = OrderForm(sent_by(request))
        if request.method == "POST" and form.is_valid() and self.done(request, form, name):
            return redirect("admin:resilience_dependency_change", name=name)
        return self.page(
            request,
            "dependency",
            f"Dependency: {shown.title}",
            standing=shown,
            form=form,
            effects=[(command.value, effect) for command, effect in EFFECTS.items()],
            latest=latest_revision(shown.pipeline.handle.name),
            faulty=[shown] if shown.has_faults else [],
        )

    def preview(self, request: HttpRequest, *, name: str) -> HttpResponse:
        """Show what draft thresholds would have done to the outcomes of the last hour."""
        self.require(request, change=False)
        shown = found_or_404(name)
        form = DraftForm(shown.policy, request.GET or None)
        seen = preview(shown.pipeline.breaker, form.draft.rules()) if form.is_valid() else None
        return self.page(
            request,
            "preview",
            f"Preview: {shown.title}",
            standing=shown,
            form=form,
            preview=seen,
            now=preview(shown.pipeline.breaker, shown.policy.rules()),
            faulty=[shown] if shown.has_faults else [],
        )

    def done(self, request: HttpRequest, form: OrderForm, name: str) -> bool:
        """Give the order and say so; show what is refused in the form."""
        command = Command(form.cleaned_data["command"])
        try:
            order_breaker(
                name=name,
                command=command,
                actor=Actor(id=request.user.pk, name=request.user.get_username()),
                reason=form.cleaned_data["reason"],
                request_id=request.META.get("HTTP_X_REQUEST_ID", ""),
            )
        except PolicyError as error:
            form.add_error("reason" if error.field == "reason" else None, error.reason)
            return False
        messages.success(request, f"{command.value}: every process obeys within a second.")
        return True

    def page(self, request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
        """Return a page that says, too, whether each process decides alone."""
        return super().page(request, template, title, is_alone=is_alone(), **context)
