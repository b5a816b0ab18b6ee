"""One request to a route whose answers are kept, on Django's side: from before its session is read to the answer."""

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified

from apps.caching import dependencies
from apps.caching.answers import Outcome
from apps.caching.http.answer import OF_BODY, StoredAnswer, etag_of, is_known, lasting, restored, stored, why_not
from apps.caching.http.directory import Target, directory
from apps.caching.http.plan import Route
from apps.caching.http.request import Asked, Caller, asks_anew
from apps.caching.http.shared import template_name, template_of, templates
from apps.caching.http.token import form_token, masked, personal_etag, placeholder_of, secret_of
from apps.caching.keys import Key
from apps.caching.reading import Reading
from apps.caching.session_name import SESSION

if TYPE_CHECKING:
    from apps.caching.http.shared import Shared

Response = TypeVar("Response", bound=HttpResponseBase)
LEVELS = frozenset({"L1", "L2", "L3"})
NO_STATUS = "perfsite; fwd=bypass"
FORWARDED = {
    "cold": "uri-miss", "expired": "stale", "early": "stale", "invalidated": "stale", "bypass": "bypass",
    "disabled": "bypass",
}  # fmt: skip


class Visit:
    """Looks for the answer once it is known who asks, keeps a new one, and makes it the reader's own."""

    def __init__(self, request: HttpRequest, route: Route, caller: Caller, asked: Asked) -> None:
        self._request, self._route, self._caller, self._asked = request, route, caller, asked
        self._condition = request.META.pop("HTTP_IF_NONE_MATCH", "").encode("latin-1", "replace")
        self._reading: Reading | None = None
        self._target: Target | None = None
        self._shared_key: Key | None = None
        self._etag = b""
        self._begun = self._expires_at = 0.0
        self._status, self._name = NO_STATUS, ""

    def found(self, user_id: int, keywords: Mapping[str, Any], *, expires_at: float) -> HttpResponse | None:
        """Return the answer that is kept; None to have it made. Blocks for a round trip."""
        self._begun, self._expires_at = time.monotonic(), expires_at
        if self._is_shared(user_id, keywords):
            return None
        return self._found_own(user_id, keywords)

    def _is_shared(self, user_id: int, keywords: Mapping[str, Any]) -> bool:
        """Return whether the answer is one for all, of which nothing is kept but whose session this is."""
        shared = self._route.plan.shared
        query = str(self._request.META.get("QUERY_STRING", "")).encode("latin-1", "replace")
        self._shared_key = shared.key(keywords, query) if shared else None
        if shared is None or self._shared_key is None:
            return False
        if asks_anew(self._request):
            shared.forget(self._shared_key, user_id)
        shared.know(self._caller.session, user_id, seconds=self._seconds())
        return True

    def _found_own(self, user_id: int, keywords: Mapping[str, Any]) -> HttpResponse | None:
        plan, session = self._route.plan, self._caller.session
        self._name = self._caller.name_of(self._asked.what, cookies=plan.cookies)
        key: Key = (self._name, plan.revisions(), SESSION.of(session), *plan.tags(user_id, keywords))
        self._target = Target(
            namespace=plan.namespace, key=key, session=session, policies=plan.seen(), tally=self._route.tally
        )
        self._reading = Reading(plan.namespace, key, session)
        outcome = self._reading.found()
        return None if outcome is None else self._restored(outcome)

    def finish(self, response: HttpResponseBase) -> HttpResponseBase:
        """Return the answer as this reader gets it, and keep it for the next time where it may be kept."""
        if response.streaming or response.status_code != HTTPStatus.OK:
            return response
        whole = cast("HttpResponse", response)
        if self._shared_key is not None:
            self._learn(whole, self._shared_key)
        elif self._reading is not None and not self._etag:
            self._keep(whole)
        whole.headers["Cache-Status"] = self._status
        return self._own(whole)

    def _restored(self, outcome: Outcome[StoredAnswer]) -> HttpResponse:
        self._etag, self._status = outcome.value.etag, "perfsite; hit; detail=L2"
        self._route.tally.restored += 1
        self._remember()
        token = form_token(self._request).encode() if len(outcome.value.pieces) > 1 else b""
        return restored(outcome.value, token=token)

    def _keep(self, response: HttpResponse) -> None:
        reading = cast("Reading", self._reading)
        namespace, tally = self._route.plan.namespace, self._route.tally
        namespace.tally.misses[reading.cause] += 1
        namespace.tally.loaded(time.monotonic() - self._begun)
        tally.made += 1
        self._status = f"perfsite; fwd={FORWARDED.get(reading.cause, 'miss')}"
        response.headers.setdefault("Cache-Control", "private, no-cache")
        answer = None if why_not(response) else stored(response, placeholder=placeholder_of(self._request))
        self._etag = etag_of(response, (response.content,)) if answer is None else answer.etag
        seconds = self._seconds()
        load_seconds = time.monotonic() - self._begun
        if answer is not None and seconds > 0 and reading.keep_made(answer, seconds=seconds, load_seconds=load_seconds):
            self._status += "; stored"
            tally.kept += 1
            self._remember()

    def _learn(self, response: HttpResponse, key: Key) -> None:
        """Note the head of an answer that is the shared value as it is, and say where that came from."""
        shared, tally = cast("Shared", self._route.plan.shared), self._route.tally
        source = dependencies.source_of(shared.values.place(key).tags)
        is_hit = source in LEVELS
        tally.restored += is_hit
        tally.made += not is_hit
        self._status = f"perfsite; hit; detail={source}" if is_hit else f"perfsite; fwd={FORWARDED.get(source, 'miss')}"
        response.headers.setdefault("Cache-Control", "private, no-cache")
        self._etag = etag_of(response, (response.content,))
        entry = shared.values.shelf.entries.get(key)
        if entry is None or entry.value.etag != self._etag or why_not(response) or "Degraded" in response.headers:
            return
        templates.put(template_name(self._route.name, self._asked.manner), template_of(lasting(response)))
        tally.kept += not is_hit
        self._status += "" if is_hit else "; stored"

    def _seconds(self) -> float:
        """Return how long the answer may be kept: never longer than the session lasts."""
        plan = self._route.plan
        longest = min(plan.namespace.policy.current.l3_seconds, self._expires_at - time.time())
        return min(longest, plan.seconds(self._request)) if plan.seconds else longest

    def _remember(self) -> None:
        directory.put(self._name, cast("Target", self._target))

    def _own(self, response: HttpResponse) -> HttpResponse:
        """Put the reader's token in, say the ETag, and send nothing where the reader has it already."""
        placeholder, secret = placeholder_of(self._request), secret_of(self._request)
        etag = personal_etag(self._etag, secret) if placeholder else self._etag
        if not etag or response.cookies:
            return personal(self._request, response)
        response.headers["ETag"] = etag.decode("latin-1")
        if is_known(etag, self._condition):
            return _unchanged(response)
        return personal(self._request, response)


def personal(request: HttpRequest, response: Response) -> Response:
    """Put a token where a form was given a placeholder."""
    placeholder = placeholder_of(request)
    if placeholder and not response.streaming:
        whole = cast("HttpResponse", response)
        whole.content = whole.content.replace(placeholder, masked(secret_of(request)).encode())
    return response


def _unchanged(response: HttpResponse) -> HttpResponse:
    """Return 304 with the headers of the answer that do not tell of its body."""
    kept = {name: value for name, value in response.items() if name.lower().encode() not in OF_BODY}
    return HttpResponseNotModified(headers=kept)
