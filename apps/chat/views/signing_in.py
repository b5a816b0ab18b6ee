"""How often signing in may fail from one address, on our page or in the admin. Who succeeds is not counted."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.chat.callers import source, telling
from apps.chat.exceptions import RateError
from apps.chat.rates import SIGN_INS, charge, look
from apps.chat.views.refusal import too_often


def limited(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 429 in place of a sign-in view's POST after too many that failed, before any password is hashed."""

    @telling
    @wraps(view)
    def answer(request: HttpRequest, *arguments: Any, **keywords: Any) -> HttpResponse:
        try:
            if request.method == "POST":
                look(SIGN_INS, source(request))
            return view(request, *arguments, **keywords)
        except RateError as error:
            return too_often(request, error)

    return answer


def count_failure(*, request: HttpRequest | None = None, **_: Any) -> None:
    """Count a password that was wrong: a receiver of user_login_failed."""
    if request is not None:
        charge(SIGN_INS, source(request))
