"""What every page has: a signed-in reader, their time zone, the list of conversations at the side."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from apps.chat.callers import admit_account, admit_address, telling
from apps.chat.exceptions import ForbiddenError, InvalidError, NotFoundError, RateError
from apps.chat.records import ConversationPage
from apps.chat.services.conversations import list_conversations
from apps.chat.views.refusal import too_often
from apps.chat.views.zone import reader_zone

View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """Let only signed-in people see the view, in their time zone; the chat's refusals become 404, 403 and 429 pages."""

    @login_required
    @telling
    @wraps(view)
    def shown(request: HttpRequest, **keys: Any) -> HttpResponse:
        try:
            with timezone.override(reader_zone(request)):
                return admitted(view, request, **keys)
        except NotFoundError as error:
            raise Http404(str(error)) from None
        except ForbiddenError as error:
            raise PermissionDenied(str(error)) from None

    return shown


def admitted(view: View, request: HttpRequest, **keys: Any) -> HttpResponse:
    """Return the view's answer to a reader who does not ask too often."""
    try:
        admit_address(request)
        admit_account(request, user_id(request))
        return view(request, **keys)
    except RateError as error:
        return too_often(request, error)


def user_id(request: HttpRequest) -> int:
    """Return the signed-in reader's id."""
    key = request.user.pk
    assert key is not None  # noqa: S101  (login_required let nobody else through)
    return int(key)


def side(request: HttpRequest, *, cursor: str | None = None) -> ConversationPage:
    """Return the conversations beside the page (one query); a cursor that is not ours gives the first of them."""
    try:
        return list_conversations(user_id=user_id(request), cursor=cursor)
    except InvalidError:
        return list_conversations(user_id=user_id(request))


def with_side(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Return the template rendered, the conversations beside it unless the context brings its own."""
    context.setdefault("side", None)
    context["side"] = context["side"] or side(request)
    return render(request, template, context, status=status)


def without_returns(text: str) -> str:
    """Return a form's text with the line ends that were typed: browsers send CRLF."""
    return text.replace("\r\n", "\n")
