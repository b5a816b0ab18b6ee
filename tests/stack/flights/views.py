"""Views that take their time and note each of their executions in a file of the site."""

import os
import time
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.chat.models import Conversation
from apps.deduplication.flights.scope import Scope
from apps.deduplication.http.current import generation
from apps.deduplication.http.route import joined

SLOW_SECONDS = 0.5
INNER = Scope(name="inner", title="Inner")


def note(name: str, event: str) -> None:
    """Add a line to the file of that name; one write, so that processes do not mix."""
    with (Path(settings.DATA_DIR) / f"{name}.executions").open("a") as file:
        file.write(f"{event} {os.getpid()} {time.monotonic()}\n")


def process(_: HttpRequest) -> HttpResponse:
    """Answer who answers."""
    return HttpResponse(str(os.getpid()))


def heard_of(_: HttpRequest) -> HttpResponse:
    """Answer which write this process has heard of last."""
    return HttpResponse(generation().name)


@joined
def slow(request: HttpRequest, name: str) -> HttpResponse:
    """Answer for whom it is, after half a second."""
    note(name, "begin")
    time.sleep(SLOW_SECONDS)
    note(name, "end")
    return HttpResponse(f"{request.headers.get('Cookie', '')}|{request.headers.get('Accept', '')}|{name}")


@joined
def counted(_: HttpRequest, name: str) -> HttpResponse:
    """Read first, wait until the test lets go, answer what was read."""
    conversations = Conversation.objects.count()
    note(name, "begin")
    while not (Path(settings.DATA_DIR) / f"{name}.released").exists():
        time.sleep(0.01)
    return HttpResponse(str(conversations))


@joined
def nested(_: HttpRequest, number: int) -> HttpResponse:
    """Have a flight inside of the request's own, one for all numbers."""
    return HttpResponse(INNER.run("inner", _inner) + str(number).encode())


def _inner() -> bytes:
    note("inner", "begin")
    time.sleep(SLOW_SECONDS)
    note("inner", "end")
    return b"inner "
