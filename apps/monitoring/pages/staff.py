"""Who sees the performance pages: staff. Others are sent to sign in, or told that they may not."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from apps.chat.views.zone import reader_zone

View = Callable[..., HttpResponseBase]


def for_staff(view: View) -> View:
    """Let only staff see the view, in their time zone, and let no cache keep the answer."""

    @login_required
    @wraps(view)
    def shown(request: HttpRequest, **keys: Any) -> HttpResponseBase:
        if not getattr(request.user, "is_staff", False):
            raise PermissionDenied("Only staff see how the site performs.")
        with timezone.override(reader_zone(request)):
            answer = view(request, **keys)
        answer.headers["Cache-Control"] = "private, no-cache"
        return answer

    return shown
