"""Views that do what a test needs of a view: echo, fail, wait, stream."""

import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any
from weakref import ref

from django.db import connection
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

CHUNK = b"x" * 65536
carried: ContextVar[str] = ContextVar("carried", default="nothing")
opened = threading.Event()  # what waits in `wait` may go on
noted_requests: list["ref[HttpRequest]"] = []
held: list[Any] = []  # uploads
closed: list[str] = []  # streams whose close() ran
entered: list[str] = []  # paths that reached a view of ours that records it


def hello(request: HttpRequest) -> HttpResponse:
    entered.append(request.path)
    return HttpResponse(f"hello {carried.get()}")


@csrf_exempt
def environ(request: HttpRequest) -> JsonResponse:
    texts = {key: value for key, value in request.META.items() if isinstance(value, str)}
    return JsonResponse(
        {
            "environ": texts,
            "method": request.method,
            "path": request.path,
            "query": request.GET.dict(),
            "cookies": request.COOKIES,
            "scheme": request.scheme,
            "length": len(request.body),
        }
    )


@csrf_exempt
def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body, content_type="application/octet-stream")


@csrf_exempt
def form(request: HttpRequest) -> JsonResponse:
    files = {name: file.size for name, file in request.FILES.items()}
    return JsonResponse({"fields": request.POST.dict(), "files": files})


@csrf_exempt
def count(request: HttpRequest) -> JsonResponse:
    size = 0
    while chunk := request.read(65536):
        size += len(chunk)
    return JsonResponse({"size": size})


@csrf_exempt
def lines(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"lines": sum(1 for _ in request)})


@csrf_exempt
def refuse(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("no uploads here", status=403)


def fail(_request: HttpRequest) -> HttpResponse:
    raise ValueError("the view failed")


def leave(_request: HttpRequest) -> HttpResponse:
    sys.exit("the view left")


def wait(request: HttpRequest) -> HttpResponse:
    entered.append(request.path)
    opened.wait(30)
    return HttpResponse("waited")


def wait_then_stream(request: HttpRequest) -> StreamingHttpResponse:
    wait(request)
    return tracked(endless(), "late")


def sleep(request: HttpRequest, milliseconds: int) -> HttpResponse:
    entered.append(request.path)
    time.sleep(milliseconds / 1000)
    return HttpResponse("slept")


def endless() -> Iterator[bytes]:
    while True:
        yield CHUNK


def tracked(parts: Iterator[bytes], name: str) -> StreamingHttpResponse:
    def follow() -> Iterator[bytes]:
        try:
            yield from parts
        finally:
            closed.append(name)

    return StreamingHttpResponse(follow(), content_type="application/octet-stream")


def stream_endless(_request: HttpRequest) -> StreamingHttpResponse:
    return tracked(endless(), "endless")


def stream_megabytes(_request: HttpRequest, megabytes: int) -> StreamingHttpResponse:
    return StreamingHttpResponse((CHUNK for _ in range(megabytes * 16)), content_type="application/octet-stream")


def stream_lines(_request: HttpRequest, lines: int) -> StreamingHttpResponse:
    return StreamingHttpResponse((f"line {number}\n" for number in range(lines)), content_type="text/plain")


def stream_slow(_request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        yield b"first"
        opened.wait(30)
        yield b"second"

    return tracked(parts(), "slow")


@csrf_exempt
def noted(request: HttpRequest) -> HttpResponse:
    noted_requests.append(ref(request))
    held.extend(request.FILES.values())
    return HttpResponse(f"{request.user} said {len(request.POST)}")


def stream_late(_request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        yield b"early"
        opened.wait(30)

    return tracked(parts(), "late")


def stream_broken(_request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        yield b"begun"
        raise ValueError("the stream broke")

    return tracked(parts(), "broken")


def stream_rows(_request: HttpRequest) -> StreamingHttpResponse:
    def rows() -> Iterator[bytes]:
        while True:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            yield CHUNK

    return tracked(rows(), "rows")


def file(_request: HttpRequest, size: int) -> FileResponse:
    handle = tempfile.TemporaryFile()  # noqa: SIM115  (the response closes it)
    handle.write(b"f" * size)
    handle.seek(0)
    return FileResponse(handle, content_type="application/octet-stream")


def bare(_request: HttpRequest) -> HttpResponse:
    response = HttpResponse(status=204)
    response.set_cookie("one", "1")
    response.set_cookie("two", "2")
    return response


def control(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("bad", headers={"X-Bad": "a\x01b"})


def query(_request: HttpRequest) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return JsonResponse({"one": cursor.fetchone()[0]})


def query_then_exit(request: HttpRequest) -> HttpResponse:
    query(request)
    sys.exit("the view left with a connection")


def report(_request: HttpRequest) -> JsonResponse:
    stats = connection.pool.get_stats() if getattr(connection, "pool", None) else {}
    return JsonResponse({"pool": stats, "closed": closed, "entered": entered, "process": os.getpid()})
