"""A view that equal requests share, and that answers in every way that may not be shared."""

from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.middleware.csrf import get_token

from apps.deduplication.http.route import joined
from tests.edge import views

running: list[str] = []
overlaps: list[str] = []


def with_cookie(_: HttpRequest) -> HttpResponse:
    response = HttpResponse("own")
    response.set_cookie("mine", "secret")
    return response


def streamed(_: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        yield b"one "
        yield b"two"

    return StreamingHttpResponse(parts())


KINDS: dict[str, Callable[[HttpRequest], HttpResponse | StreamingHttpResponse]] = {
    "plain": lambda request: HttpResponse(f"for {request.headers.get('Cookie')} {request.headers.get('Accept')}"),
    "cookie": with_cookie,
    "token": lambda request: HttpResponse(get_token(request)),
    "vary": lambda _: HttpResponse("own", headers={"Vary": "User-Agent, Accept"}),
    "keyed": lambda _: HttpResponse("all", headers={"Vary": "Accept, Cookie", "Cache-Control": "private"}),
    "no-store": lambda _: HttpResponse("own", headers={"Cache-Control": "no-store"}),
    "error": lambda _: HttpResponse("own", status=404),
    "large": lambda _: HttpResponse(b"x" * 1_000_001),
    "stream": streamed,
    "fail": views.fail,
}


@joined
def joined_view(request: HttpRequest, kind: str) -> HttpResponse | StreamingHttpResponse:
    """Wait until the test says so, then answer; note whether another execution of the kind was under way."""
    if kind in running:
        overlaps.append(kind)
    running.append(kind)
    try:
        views.entered.append(f"{request.method} {kind}")
        views.opened.wait(30)
        return KINDS[kind](request)
    finally:
        running.remove(kind)
