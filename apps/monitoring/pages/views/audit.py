"""The audit log of tuning: searched, verified, exported, and the way back from a change of a policy."""

import json
from collections.abc import Iterator

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from apps.monitoring.pages.download import as_csv, as_jsonl
from apps.monitoring.pages.frame import framed, number_of
from apps.monitoring.pages.rooms import room
from apps.monitoring.pages.staff import for_staff
from apps.tuning.actor import Actor
from apps.tuning.difference import Difference, differences
from apps.tuning.exceptions import PolicyError, TuningError, UnknownEntryError
from apps.tuning.log import Entry, Search, actions, entries, entry, every_entry
from apps.tuning.overview import standing
from apps.tuning.services.changes import revert_policy, values_at
from apps.tuning.verification import exported, verify

AT_ONCE = 2_000  # entries that are verified without being asked: a few tenths of a second
SHOWN = 50
HEAD = ("number", "at", "actor", "action", "target", "reason", "before", "after", "request_id", "hash")
MAY_REVERT = "tuning.change_policy"


@require_safe
@for_staff
def audit(request: HttpRequest) -> HttpResponse:
    """Show what was found, the latest first, and whether the log is sound."""
    search = searched(request)
    found = entries(search=search, before=number_of(request.GET.get("before")), limit=SHOWN + 1)
    newest = entries(search=Search(), limit=1)
    is_verified = "verify" in request.GET or (bool(newest) and newest[0].number <= AT_ONCE)
    query = request.GET.copy()
    query.pop("before", None)
    return framed(
        request,
        "audit",
        here=room("audit"),
        entries=found[:SHOWN],
        next_before=found[SHOWN - 1].number if len(found) > SHOWN else None,
        search=search,
        actions=actions(),
        total=newest[0].number if newest else 0,
        verification=verify() if is_verified else None,
        query=query.urlencode(),
    )


@require_safe
@for_staff
def as_table(request: HttpRequest) -> StreamingHttpResponse:
    """Send what was found as CSV, the oldest first."""
    return as_csv("audit", HEAD, (_row(one) for one in every_entry(search=searched(request))))


@require_safe
@for_staff
def as_lines(_request: HttpRequest) -> StreamingHttpResponse:
    """Send the whole log as JSONL: with it anybody can compute the hashes."""
    return as_jsonl("audit", _lines())


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def one_entry(request: HttpRequest, *, number: int) -> HttpResponse:
    """Show an entry and what it changed; a POST with a reason takes a policy back to what it was before."""
    shown = _entry_or_404(number)
    problem = ""
    if request.method == "POST":
        problem = _reverted(request, shown)
        if not problem:
            return redirect("performance_audit")
    return framed(
        request,
        "audit_entry",
        here=room("audit"),
        entry=shown,
        back=_way_back(shown),
        may_revert=_may_revert(request),
        reason=request.POST.get("reason", ""),
        problem=problem,
        before=_indented(shown.before),
        after=_indented(shown.after),
        status=422 if problem else 200,
    )


def searched(request: HttpRequest) -> Search:
    """Return what the address looks for."""
    return Search(text=request.GET.get("q", "").strip()[:200], action=request.GET.get("action", "")[:100])


def _reverted(request: HttpRequest, shown: Entry) -> str:
    """Go the way back and return what is in its way; empty where nothing is. Raises PermissionDenied."""
    if not _may_revert(request):
        raise PermissionDenied("Your account may not change policies.")
    if shown.revision_before is None:
        return "This entry changed no policy: there is no way back."
    try:
        changed = revert_policy(
            name=shown.policy,
            number=shown.revision_before,
            actor=Actor(id=request.user.pk, name=request.user.get_username()),
            reason=request.POST.get("reason", ""),
            request_id=request.META.get("HTTP_X_REQUEST_ID", ""),
        )
    except PolicyError as error:
        return f"The {error.field} {error.reason}"
    except TuningError as error:
        return str(error)
    return "" if changed.differences else "Nothing to do: these are the values that hold already."


def _way_back(shown: Entry) -> tuple[Difference, ...] | None:
    """Return what going back would change now; None where there is no way back."""
    if shown.revision_before is None:
        return None
    try:
        now = standing(shown.policy)
        return differences(now.values, {**now.values, **values_at(now.handle, shown.revision_before)})
    except TuningError:  # the policy or the revision is gone from the code or the tables
        return None


def _may_revert(request: HttpRequest) -> bool:
    return request.user.has_perm(MAY_REVERT)


def _entry_or_404(number: int) -> Entry:
    try:
        return entry(number)
    except UnknownEntryError as error:
        raise Http404(str(error)) from None


def _row(one: Entry) -> list[object]:
    at = one.at.isoformat()
    before, after = (json.dumps(side, ensure_ascii=False) for side in (one.before, one.after))
    return [one.number, at, one.actor, one.action, one.target, one.reason, before, after, one.request_id, one.hash]


def _lines() -> Iterator[str]:
    for one in exported():
        yield json.dumps(one, ensure_ascii=False)


def _indented(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)
