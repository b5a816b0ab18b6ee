"""One trivial view, one as the chat's history, and large bodies both ways."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

CHUNK = b"x" * 65536
MESSAGES = [
    {
        "id": number,
        "sequence": number,
        "author": {"id": number % 7, "name": f"user{number % 7}"},
        "role": "user",
        "text": "It is not the mountain we conquer but ourselves. " * 2,
        "created_at": "2026-01-01T12:00:00Z",
    }
    for number in range(37)
]


def trivial(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"ok")


def history(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    return JsonResponse({"messages": MESSAGES, "next_before": None})


def download(_request: HttpRequest, megabytes: int) -> StreamingHttpResponse:
    def chunks() -> Iterator[bytes]:
        for _ in range(megabytes * 16):
            yield CHUNK

    return StreamingHttpResponse(chunks(), content_type="application/octet-stream")


@csrf_exempt
def upload(request: HttpRequest) -> JsonResponse:
    size = 0
    while chunk := request.read(65536):
        size += len(chunk)
    return JsonResponse({"size": size})


urlpatterns = [
    path("trivial", trivial),
    path("history", history),
    path("download/<int:megabytes>", download),
    path("upload", upload),
]
