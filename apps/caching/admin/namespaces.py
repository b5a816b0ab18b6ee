"""Namespaces in the admin: what every process counted, what TTLs would bring, and the orders staff can give."""

from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from apps.backplane.current import bus
from apps.caching.admin.commands import BY_NAME, COMMANDS, OrderForm
from apps.caching.admin.prediction import DraftForm, predicted
from apps.caching.current import store
from apps.caching.exceptions import UnavailableError
from apps.caching.models import CacheNamespace
from apps.caching.namespace import Namespace, namespaces
from apps.caching.stores.store import Weight
from apps.caching.warming.ranking import hottest, ranked
from apps.caching.watching.orders import OrderError
from apps.caching.watching.survey import survey
from apps.caching.watching.values import shown_value
from apps.tuning.actor import Actor
from apps.tuning.admin.form import ReasonForm
from apps.tuning.admin.pages import PagesAdmin, sent_by
from apps.tuning.exceptions import PolicyError
from apps.tuning.services.changes import change_policy

TOP_KEYS, SEE_VALUES = 10, "caching.view_values"


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
            path("<str:name>/lives/", wrap(require_POST(self.lives)), name="caching_cachenamespace_lives"),
            path("<str:name>/<str:digest>/", wrap(self.key), name="caching_cachenamespace_key"),
        ]

    def overview(self, request: HttpRequest) -> HttpResponse:
        """Show all namespaces and levels. Blocks for the answers, half a second at most."""
        self.require(request, change=False)
        found = survey(bus())
        rows = [(one.name, link_to(one.name), found.total(one.name)) for one in namespaces()]
        return self.page(request, "namespaces", "Namespaces", survey=found, rows=rows, weight=weight())

    def namespace(self, request: HttpRequest, *, name: str) -> HttpResponse:
        """Show one; a POST gives an order. Blocks for the answers, half a second at most."""
        self.require(request, change=request.method == "POST")
        shown = found_or_404(name)
        form = OrderForm(sent_by(request))
        if request.method == "POST" and form.is_valid() and self.done(request, form, shown):
            return redirect("admin:caching_cachenamespace_change", name=name)
        return self.shown(request, shown, form)

    def lives(self, request: HttpRequest, *, name: str) -> HttpResponse:
        """Save the lives that were tried out; show what is refused beside its field. Blocks as an order does."""
        self.require(request, change=True)
        shown, form = found_or_404(name), ReasonForm(sent_by(request))
        draft = DraftForm(shown.policy.current, request.POST)
        if draft.is_valid() and form.is_valid() and self.saved(request, form, draft, shown):
            return redirect("admin:caching_cachenamespace_change", name=name)
        answer = self.shown(request, shown, OrderForm(), draft=draft, saving=form)
        answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return answer

    def shown(
        self,
        request: HttpRequest,
        shown: Namespace[Any],
        form: OrderForm,
        *,
        draft: DraftForm | None = None,
        saving: ReasonForm | None = None,
    ) -> HttpResponse:
        """Return the page of a namespace, with a draft of its lives where one is tried out."""
        name, found = shown.name, survey(bus())
        draft = draft or DraftForm(shown.policy.current, request.GET if "l3_seconds" in request.GET else None)
        return self.page(
            request,
            "namespace",
            f"Namespace: {shown.title.removeprefix('Cache: ')}",
            namespace=shown,
            survey=found,
            total=(total := found.total(name)),
            rows=[("All", "", total), *((origin, "", part) for origin, part in found.of(name).items())],
            weight=weight(),
            keys=hottest(namespace=name, top=TOP_KEYS),
            can_see_values=request.user.has_perm(SEE_VALUES),
            form=form,
            commands=COMMANDS,
            draft=draft,
            saving=saving or ReasonForm(),
            prediction=predicted(found, shown, draft),
        )

    def key(self, request: HttpRequest, *, name: str, digest: str) -> HttpResponse:
        """Show a key that is asked for; a POST with a reason shows its value, which is written down."""
        self.require(request, change=False)
        if not request.user.has_perm(SEE_VALUES):
            raise PermissionDenied
        shown, one = found_or_404(name), ranked(namespace=name, digest=digest)
        if one is None:
            raise Http404(f"No key of {name} is named {digest}.")
        form, value = ReasonForm(sent_by(request)), None
        if request.method == "POST" and form.is_valid():
            value = shown_value(namespace=shown, ranked=one, **by(request, form.cleaned_data["reason"]))
        context = {"namespace": shown, "one": one, "form": form, "value": value}
        return self.page(request, "key", f"Key {digest[:8]} of {shown.name}", **context)

    def saved(self, request: HttpRequest, form: ReasonForm, draft: DraftForm, namespace: Namespace[Any]) -> bool:
        """Change the policy to the lives of the draft and say so; show a refusal in the form."""
        given = by(request, form.cleaned_data["reason"])
        try:
            change_policy(name=namespace.policy.name, changes=draft.cleaned_data, **given)
        except PolicyError as error:
            form.refuse(error)
            return False
        messages.success(request, "Saved: every process obeys within a second, for what is kept already as well.")
        return True

    def done(self, request: HttpRequest, form: OrderForm, namespace: Namespace[Any]) -> bool:
        """Carry the order out and say so; show what is refused in the form."""
        given = form.cleaned_data
        command = BY_NAME[given["command"]]
        try:
            command.give(namespace, given, by(request, given["reason"]))
        except PolicyError as error:
            form.add_error("reason" if error.field == "reason" else None, error.reason)
            return False
        except OrderError as error:
            form.add_error(command.field or None, str(error))
            return False
        messages.success(request, f"{command.name}: done. Every process obeys within a second.")
        return True


def by(request: HttpRequest, reason: str) -> dict[str, Any]:
    """Return who orders it, why, and in which request."""
    return {
        "actor": Actor(id=request.user.pk, name=request.user.get_username()),
        "reason": reason,
        "request_id": request.META.get("HTTP_X_REQUEST_ID", ""),
    }


def link_to(name: str) -> str:
    """Return the path of a namespace's page."""
    return reverse("admin:caching_cachenamespace_change", kwargs={"name": name})


def weight() -> Weight | None:
    """Return what level 3 takes, None where it does not answer. Blocks for a round trip."""
    try:
        return store().weight()
    except UnavailableError:
        return None
