"""The header by which an answer says what it had to do without."""

from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from apps.resilience import degradation
from apps.resilience.pipeline import pipeline
from perfsite.degraded import DegradedMiddleware
from tests.resilience.virtual import broken


def answered(*names: str) -> HttpResponse:
    def view(_: HttpRequest) -> HttpResponse:
        for name in names:
            degradation.note(name)
        return HttpResponse()

    return DegradedMiddleware(view)(RequestFactory().get("/"))


def test_an_answer_names_what_it_had_to_do_without() -> None:
    assert answered("broker", "assistant", "broker").headers["Degraded"] == "broker, assistant"
    assert "Degraded" not in answered().headers, "what was noted is that request's alone"


def test_a_fallback_that_answers_is_named() -> None:
    def view(_: HttpRequest) -> HttpResponse:
        return HttpResponse(pipeline("broker").otherwise(lambda _: "later").call(broken))

    response = DegradedMiddleware(view)(RequestFactory().get("/"))
    assert (response.content, response.headers["Degraded"]) == (b"later", "broker")
    pipeline("broker").breaker.close()
