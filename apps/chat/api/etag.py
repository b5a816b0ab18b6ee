"""ETags: what the caller has already is not sent again."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import set_response_etag
from django.utils.http import parse_etags

KEPT = ("ETag", "Cache-Control")


def tagged(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return a whole answer with its ETag, else a digest of its body, or 304 where `If-None-Match` names that one."""
    if response.status_code != HTTPStatus.OK or response.streaming:
        return response
    if "ETag" not in response.headers:
        set_response_etag(response)
    return unchanged(response) if response.headers["ETag"] in known(request) else response


def known(request: HttpRequest) -> set[str]:
    """Return the ETags that the caller has; one that a compressing proxy weakened on its way counts as ours."""
    return {etag.removeprefix("W/") for etag in parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))}


def unchanged(response: HttpResponse) -> HttpResponse:
    """Return 304 with what caches keep of the answer."""
    return HttpResponseNotModified(headers={name: response.headers[name] for name in KEPT})
