"""Pages of our own in the admin's frame, for what is no row."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin


def sent_by(request: HttpRequest) -> QueryDict | None:
    """Return what a form was sent with, if it was; an empty one, too."""
    return request.POST if request.method == "POST" else None


class PagesAdmin(ModelAdmin):
    """What is shown is declared in code: it can be seen and changed, neither added nor deleted."""

    templates = ""  # the folder of the pages

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  (Django's signature)
        """Code declares it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Code declares it."""
        return False

    def require(self, request: HttpRequest, *, change: bool) -> None:
        """Raise PermissionDenied for staff who may not see this, or not change it."""
        if not (self.has_change_permission(request) if change else self.has_view_permission(request)):
            raise PermissionDenied

    def page(self, request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
        """Return a page in the admin's frame; 422 when its form was refused."""
        request.current_app = self.admin_site.name
        form = context.get("form")
        frame = {
            **self.admin_site.each_context(request),
            "title": title,
            "can_change": self.has_change_permission(request),
        }
        status = 422 if form is not None and form.errors else 200
        return TemplateResponse(request, f"{self.templates}/{template}.html", {**frame, **context}, status=status)
