"""Namespaces in the admin: what every process counted, what TTLs would bring, and the orders staff can give."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.backplane.current import bus
from apps.caching.admin.prediction import DraftForm, predicted
from apps.caching.models import CacheNamespace
from apps.caching.namespace import Namespace, namespaces
from apps.caching.watching import orders
from apps.caching.watching.survey import survey
from apps.tuning.actor import Actor
from apps.tuning.admin.pages import PagesAdmin, sent_by
from apps.tuning.exceptions import PolicyError
from apps.tuning.reason import REASON_MAX_CHARACTERS

KEY, TAG, NAMESPACE, MEMORY = "Invalidate key", "Invalidate tag", "Invalidate namespace", "Clear memory"
EFFECTS = {
    KEY: "All that stands under the tags of this key, in every process.",
    TAG: "All that stands under this tag, in any namespace and every process.",
    NAMESPACE: "Counts the policy's clearings up: nothing that was stored before is found.",
    MEMORY: "Levels 1 and 2 of every process forget the namespace; level 3 stays.",
}


def line(*, required: bool = False, **options: Any) -> forms.CharField:
    """Return a field for one line of text."""
    return forms.CharField(
        required=required, widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}), **options
    )


class OrderForm(forms.Form):
    """An order, what it names, and why."""

    command = forms.ChoiceField(choices=[(command, command) for command in EFFECTS])
    key = line(max_length=1_000, help_text='As a list, its parts in order: ["5b0c…", 50]')
    tag = line(max_length=200, help_text="As in conversation:7")
    reason = line(
        required=True,
        max_length=REASON_MAX_CHARACTERS,
        help_text="For those who read the audit log.",
        error_messages={"required": "Say why: it is kept in the audit log."},
    )


def found_or_404(name: str) -> Namespace[Any]:
    """Return the namespace; raise Http404 where there is none of the name."""
    found = next((one for one in namespaces() if one.name == name), None)
    if found is None:
        raise Http404(f"No namespace is named {name}.")
    return found


@admin.register(CacheNamespace)
class CacheNamespaceAdmin(PagesAdmin):
    """Pages of our own in the admin's frame: nothing here is a row."""

    templates = "caching"

    def get_urls(self) -> list[URLPattern]:
        """Return the pages; the names of Django's own list stay, so that the index finds it."""
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.overview), name="caching_cachenamespace_changelist"),
            path("<str:name>/", wrap(self.namespace), name="caching_cachenamespace_change"),
        ]

    def overview(self, request: HttpRequest) -> HttpResponse:
        """Show all namespaces and levels. Blocks for the answers, half a second at most."""
        self.require(request, change=False)
        found = survey(bus())
        counted = [(one, found.total(one.name)) for one in namespaces()]
        return self.page(request, "namespaces", "Namespaces", survey=found, counted=counted)

    def namespace(self, request: HttpRequest, *, name: str) -> HttpResponse:
        """Show one; a POST gives an order. Blocks for the answers, half a second at most."""
        self.require(request, change=request.method == "POST")
        shown = found_or_404(name)
        form = OrderForm(sent_by(request))
        if request.method == "POST" and form.is_valid() and self.done(request, form, shown):
            return redirect("admin:caching_cachenamespace_change", name=name)
        found = survey(bus())
        draft = DraftForm(shown.policy.current, request.GET if "l3_seconds" in request.GET else None)
        return self.page(
            request,
            "namespace",
            f"Namespace: {shown.title.removeprefix('Cache: ')}",
            namespace=shown,
            survey=found,
            total=found.total(name),
            parts=found.of(name),
            form=form,
            effects=EFFECTS.items(),
            draft=draft,
            prediction=predicted(found, shown, draft),
        )

    def done(self, request: HttpRequest, form: OrderForm, namespace: Namespace[Any]) -> bool:
        """Carry the order out and say so; show what is refused in the form."""
        command, given = form.cleaned_data["command"], form.cleaned_data
        by: dict[str, Any] = {
            "actor": Actor(id=request.user.pk, name=request.user.get_username()),
            "reason": given["reason"],
            "request_id": request.META.get("HTTP_X_REQUEST_ID", ""),
        }
        carry_out = {
            KEY: lambda: orders.order_key(namespace=namespace, text=given["key"], **by),
            TAG: lambda: orders.order_tag(tag=given["tag"], **by),
            NAMESPACE: lambda: orders.order_namespace(namespace=namespace, bus=bus(), **by),
            MEMORY: lambda: orders.order_memory(namespace=namespace, bus=bus(), **by),
        }
        try:
            carry_out[command]()
        except PolicyError as error:
            form.add_error("reason" if error.field == "reason" else None, error.reason)
            return False
        except orders.OrderError as error:
            form.add_error("key" if command == KEY else "tag", str(error))
            return False
        messages.success(request, f"{command}: done. Every process obeys within a second.")
        return True
