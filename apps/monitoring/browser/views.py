"""POST /api/rum and POST /api/feedback."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.chat.callers import source, telling
from apps.chat.exceptions import RateError
from apps.chat.problems import FieldError, invalid, problem
from apps.chat.rates import MINUTE, Limit, admit
from apps.monitoring.browser.beacon import MAX_BYTES, read_beacon
from apps.monitoring.browser.feedback import Opinion, keep, read_opinion
from apps.monitoring.browser.pages import keep_poor
from apps.monitoring.current import recorders
from apps.monitoring.policy.browser import BROWSER
from apps.resilience.limits.rate import exact, quick

BEACONS = Limit(
    name="beacons",
    rate=lambda: quick(BROWSER.current.beacons_per_minute, MINUTE),
    words="Your network may tell of {} pages a minute.",
)
OPINIONS = Limit(
    name="feedback",
    rate=lambda: exact(BROWSER.current.feedback_per_minute, MINUTE),
    words="You may send feedback {} times a minute.",
)
View = Callable[[HttpRequest], HttpResponse]


def told(view: View) -> View:
    """Have a view take one small JSON document by POST, and its errors become problem documents."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return problem(request, HTTPStatus.METHOD_NOT_ALLOWED, "Only POST.", headers={"Allow": "POST"})
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
            return problem(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"At most {MAX_BYTES:,} bytes.")
        try:
            return view(request)
        except RateError as error:
            waiting = {"Retry-After": str(error.retry_after_seconds)}
            return problem(request, HTTPStatus.TOO_MANY_REQUESTS, str(error), headers=waiting)
        except msgspec.ValidationError as error:
            return invalid(request, [field_error(error)])
        except (msgspec.DecodeError, UnicodeDecodeError):
            return problem(request, HTTPStatus.BAD_REQUEST, "The body is not JSON.")

    return answer


@csrf_exempt  # changes nothing of anybody's, and a page that is left cannot send a header
@telling
@told
def take_beacon(request: HttpRequest) -> HttpResponse:
    """Take what a page tells when it is left: 204. Other sites' pages are refused."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return problem(request, HTTPStatus.FORBIDDEN, "Only this site's pages tell of themselves.")
    admit(BEACONS, source(request))
    beacon, watching = read_beacon(request.body), recorders()
    if watching is not None and watching.browser.is_chosen():
        watching.browser.take(beacon)
        keep_poor(beacon)
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@telling
@told
def give_feedback(request: HttpRequest) -> HttpResponse:
    """Keep what somebody who is signed in thinks of a page: 201."""
    if not request.user.is_authenticated:
        return problem(request, HTTPStatus.UNAUTHORIZED)
    opinion: Opinion = read_opinion(request.body)
    admit(OPINIONS, request.user.pk)
    keep(opinion, user_id=request.user.pk)
    return HttpResponse(b"{}", status=HTTPStatus.CREATED, content_type="application/json")


def field_error(error: msgspec.ValidationError) -> FieldError:
    """Return what is wrong, with the field that msgspec names as `$.vitals.LCP`."""
    text, _, place = str(error).partition(" - at `$.")
    return FieldError(field=place.rstrip("`") or "body", detail=text)
