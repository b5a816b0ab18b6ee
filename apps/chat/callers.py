"""Whoever sends a request, as limits count them: the account, and the address that trusted proxies vouch for."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.chat.rates import READS, READS_OF_ADDRESS, WRITES, WRITES_OF_ADDRESS, admit, counting
from apps.resilience.limits.address import source_of
from apps.resilience.limits.fields import fields

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def source(request: HttpRequest) -> str:
    """Return the address that a request comes from: of the peer, or what TRUSTED_PROXIES said of it."""
    return source_of(request.META.get("REMOTE_ADDR", ""))


def admit_address(request: HttpRequest) -> None:
    """Count a request for its address; raise RateError for one too many. Before anybody is asked who it is."""
    admit(READS_OF_ADDRESS if request.method in SAFE else WRITES_OF_ADDRESS, source(request))


def admit_account(request: HttpRequest, user_id: int, *, is_effect: bool = True) -> None:
    """Count a request for its account as a read, or as a write that has an effect; raise RateError for one too many."""
    admit(WRITES if is_effect and request.method not in SAFE else READS, user_id)


def telling(view: Callable[..., HttpResponseBase]) -> Callable[..., Any]:
    """Have the view's answers tell what was counted on the way, by RateLimit and RateLimit-Policy."""

    @wraps(view)
    def answer(request: HttpRequest, *arguments: Any, **keywords: Any) -> HttpResponseBase:
        with counting() as counted:
            response = view(request, *arguments, **keywords)
            for name, value in fields(counted).items():
                response.headers[name] = value
            return response

    return answer
