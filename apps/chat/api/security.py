"""Who is calling: Django's session, and for unsafe methods its CSRF token."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from ninja.security import SessionAuth
from ninja.utils import check_csrf

from apps.chat.callers import admit_account, admit_address
from apps.chat.models import User

META_KEY = "HTTP_IDEMPOTENCY_KEY"


class SignedInRequest(HttpRequest):
    """A request past the check of its session; `auth` is the caller's id."""

    user: User
    auth: int


class RefusedError(Exception):
    """A check that has already written its answer."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.status_code)
        self.response = response


class Session(SessionAuth):
    """Asks for the session first: a stranger hears 401, and an upload of theirs is never read.

    The CSRF check may read the body, so whatever is to be asked before that goes in `before_body`.
    """

    def __init__(self, *, before_body: Callable[[HttpRequest], None] | None = None) -> None:
        super().__init__(csrf=True)
        self._before_body = before_body

    def __call__(self, request: HttpRequest) -> int | None:
        """Return the caller's id, None for a stranger; raise RateError, or RefusedError without a right CSRF token.

        A request with an Idempotency-Key is a read until it turns out that it has an effect.
        """
        admit_address(request)
        if not request.user.is_authenticated:
            return None
        admit_account(request, int(request.user.pk), is_effect=META_KEY not in request.META)
        if self._before_body:
            self._before_body(request)
        if refusal := check_csrf(request):
            raise RefusedError(refusal)
        return int(request.user.pk)
