"""Views that fail, dawdle, talk and trickle."""

import logging
import time
from collections.abc import Iterator

from celery import shared_task
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt
from opentelemetry.trace import get_tracer

logger = logging.getLogger(__name__)
SLOW_SECONDS = 0.6


@csrf_exempt
def fail(request: HttpRequest, word: str) -> HttpResponse:
    """Raise an error that carries all it was given."""
    raise ValueError(
        f"cannot take {word!r} of {request.body!r} from {request.GET['mail']}, {request.headers['Cookie']}"
    )


def slow(request: HttpRequest) -> HttpResponse:
    """Take longer than the policy likes."""
    time.sleep(SLOW_SECONDS)
    return HttpResponse("late")


def fine(request: HttpRequest) -> HttpResponse:
    """Answer at once."""
    return HttpResponse("fine")


@csrf_exempt
def talk(request: HttpRequest) -> HttpResponse:
    """Log all it was given, note it in a span, and hand it to a task."""
    given = request.body.decode()
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    logger.warning("from %s at %s: %s", request.GET["mail"], request.headers["X-Where"], given)
    with get_tracer(__name__).start_as_current_span(f"talk {request.GET['mail']}") as span:
        span.set_attribute("perfsite.note", given)
        span.set_attribute("message.text", given)
        span.add_event("said", {"exception.message": given, "peer.address": request.headers["X-Where"]})
    repeat.delay(given)
    return HttpResponse("heard")


def trickle(request: HttpRequest) -> StreamingHttpResponse:
    """Answer in two pieces with a while between them."""

    def pieces() -> Iterator[bytes]:
        yield b"one"
        time.sleep(SLOW_SECONDS)
        yield b"two"

    return StreamingHttpResponse(pieces())


@shared_task(name="tests.repeat")
def repeat(given: str) -> str:
    """Say it, fail with it, and send it back."""
    logger.info("the task was given %s", given)
    raise RuntimeError(f"the task cannot take {given!r}")
