"""Policies in the admin: a page for all, and for each a form, its history, and the way back."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from apps.tuning.actor import Actor
from apps.tuning.admin.form import PolicyForm, ReasonForm, grouped
from apps.tuning.admin.pages import PagesAdmin, sent_by
from apps.tuning.declaration import values_of
from apps.tuning.difference import differences
from apps.tuning.exceptions import PolicyError, StaleError, UnknownPolicyError, UnknownRevisionError
from apps.tuning.following import following
from apps.tuning.models import Policy
from apps.tuning.overview import standing, standings
from apps.tuning.revisions import site_revision
from apps.tuning.services.changes import Changed, change_policy, revert_policy, values_at
from apps.tuning.services.history import PAGE_REVISIONS, history
from apps.tuning.snapshot import snapshot

View = Callable[..., HttpResponse]


def found_or_404(view: View) -> View:
    """Answer 404 where the path names a policy or a revision that is not there."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(*args, **kwargs)
        except (UnknownPolicyError, UnknownRevisionError) as error:
            raise Http404(str(error)) from None

    return guarded


@admin.register(Policy)
class PolicyAdmin(PagesAdmin):
    """Pages of our own in the admin's frame: what is edited is no row."""

    templates = "tuning"

    def get_urls(self) -> list[URLPattern]:
        """Return the pages; the names of Django's own list stay, so that the index finds it."""
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.overview), name="tuning_policy_changelist"),
            path("<slug:name>/", wrap(self.policy), name="tuning_policy_change"),
            path("<slug:name>/history/", wrap(self.history), name="tuning_policy_history"),
            path("<slug:name>/revert/<int:number>/", wrap(self.revert), name="tuning_policy_revert"),
        ]

    def overview(self, request: HttpRequest) -> HttpResponse:
        """Show every policy and the processes that follow."""
        self.require(request, change=False)
        context = {"standings": standings(), "followers": following(), "revision": site_revision()}
        return self.page(request, "policies", "Policies", **context)

    @found_or_404
    def policy(self, request: HttpRequest, *, name: str) -> HttpResponse:
        """Show one policy's form; a POST changes it."""
        self.require(request, change=request.method == "POST")
        shown = standing(name)
        form = PolicyForm(shown, sent_by(request))
        if request.method == "POST" and form.is_valid():
            reason, based_on = form.cleaned_data["reason"], form.cleaned_data["based_on"]
            changes = {"changes": form.values(), "based_on": based_on, "reason": reason}
            if self.done(request, form, lambda by: change_policy(name=name, **changes, **by)):
                return redirect("admin:tuning_policy_change", name=name)
        return self.page(
            request,
            "policy",
            shown.handle.title,
            standing=shown,
            form=form,
            groups=list(grouped(form, shown)),
            latest=history(name=name, limit=3),
        )

    @found_or_404
    def history(self, request: HttpRequest, *, name: str) -> HttpResponse:
        """Show what changed when, by whom and why."""
        self.require(request, change=False)
        before = request.GET.get("before", "")
        steps = history(name=name, before=int(before) if before.isdecimal() else None, limit=PAGE_REVISIONS)
        shown = standing(name)
        return self.page(request, "history", f"{shown.handle.title}: history", standing=shown, history=steps)

    @found_or_404
    def revert(self, request: HttpRequest, *, name: str, number: int) -> HttpResponse:
        """Show what a way back would change; a POST goes it."""
        self.require(request, change=True)
        shown = standing(name)
        form = ReasonForm(sent_by(request))
        if request.method == "POST" and form.is_valid():
            order = {"name": name, "number": number, "reason": form.cleaned_data["reason"]}
            if self.done(request, form, lambda by: revert_policy(**order, **by)):
                return redirect("admin:tuning_policy_change", name=name)
        wanted, _ = snapshot(shown.handle.kind, values_at(shown.handle, number))
        return self.page(
            request,
            "revert",
            f"{shown.handle.title}: back to {f'revision {number}' if number else 'the defaults'}",
            standing=shown,
            number=number,
            form=form,
            differences=differences(shown.values, values_of(wanted)),
        )

    def done(self, request: HttpRequest, form: ReasonForm, change: Callable[[dict[str, Any]], Changed]) -> bool:
        """Make the change and say so; show what is refused in the form."""
        actor = Actor(id=request.user.pk, name=request.user.get_username())
        try:
            changed = change({"actor": actor, "request_id": request.META.get("HTTP_X_REQUEST_ID", "")})
        except PolicyError as error:
            form.refuse(error)
            return False
        except StaleError as error:
            form.add_error(None, str(error))
            return False
        if changed.differences:
            messages.success(request, f"Revision {changed.number} holds. Every process obeys it within a second.")
        else:
            messages.info(request, "Nothing changed: these are the values that hold.")
        return True
