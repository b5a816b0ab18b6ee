"""What is in flight now, in every process; a lead can be taken away, with a reason."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from unfold.admin import ModelAdmin

from apps.backplane.current import bus
from apps.deduplication.flights.current import table
from apps.deduplication.flights.radar import revoke_flight
from apps.deduplication.flights.scope import scopes
from apps.deduplication.flights.survey import survey
from apps.deduplication.models import LiveFlight
from apps.tuning.actor import Actor
from apps.tuning.exceptions import PolicyError


@admin.register(LiveFlight)
class LiveFlightAdmin(ModelAdmin):
    """A page of our own in the admin's frame: what is shown is no row."""

    def get_urls(self) -> list[URLPattern]:
        """Return the pages; the name of Django's own list stays, so that the index finds it."""
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.overview), name="deduplication_liveflight_changelist"),
            path("revoke/", wrap(self.revoke), name="deduplication_liveflight_revoke"),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  (Django's signature)
        """Callers begin flights."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LiveFlight | None = None) -> bool:  # noqa: ARG002
        """A lead is revoked, a flight ends by itself."""
        return False

    def overview(self, request: HttpRequest) -> HttpResponse:
        """Show the flights of all processes, and what they counted. Blocks for the answers, half a second at most."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        request.current_app = self.admin_site.name
        found = survey(bus())
        context = {
            **self.admin_site.each_context(request),
            "title": "Flights",
            "survey": found,
            "counted": [(scope, found.total(scope.name), found.of(scope.name)) for scope in scopes()],
            "guarantee": table().guarantee,
            "can_change": self.has_change_permission(request),
        }
        return TemplateResponse(request, "deduplication/flights.html", context)

    def revoke(self, request: HttpRequest) -> HttpResponse:
        """Take the lead of a round away; a POST with digest, round and reason."""
        if request.method != "POST" or not self.has_change_permission(request):
            raise PermissionDenied
        try:
            revoke_flight(
                bus=bus(),
                digest=request.POST.get("digest", "")[:32],
                token=request.POST.get("round", "")[:32],
                actor=Actor(id=request.user.pk, name=request.user.get_username()),
                reason=request.POST.get("reason", ""),
                request_id=request.META.get("HTTP_X_REQUEST_ID", ""),
            )
        except PolicyError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "The lead is taken away. Whoever waits begins anew.")
        return redirect("admin:deduplication_liveflight_changelist")
