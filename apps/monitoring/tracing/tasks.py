"""Tasks in traces: OpenTelemetry's instrumentation of Celery, and the request's id and account beside it."""

from typing import Any

from celery import current_app
from celery.signals import before_task_publish, task_prerun
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.celery.utils import CTX_KEY
from opentelemetry.trace import TracerProvider, get_current_span

from apps.monitoring.tracing.place import here
from apps.monitoring.tracing.span import Span
from apps.monitoring.tracing.trace import WorkTrace
from apps.monitoring.visit import current

REQUEST_ID, ACCOUNT = "perfsite_request_id", "perfsite_account"
ID_CHARACTERS = 64
UNSENT_MOST = 32  # that are being sent at the same time


class Tasks:
    """Listens after the instrumentation, so that the task's span is there."""

    def start(self, provider: TracerProvider) -> None:
        """Begin to trace tasks that are sent and that run here."""
        CeleryInstrumentor().instrument(tracer_provider=provider)
        before_task_publish.connect(send_along, weak=False)
        task_prerun.connect(take_over, weak=False)

    def stop(self) -> None:
        """Trace none any more."""
        task_prerun.disconnect(take_over)
        before_task_publish.disconnect(send_along)
        CeleryInstrumentor().uninstrument()


def send_along(sender: str = "", headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Put the request's id and account into the task's headers."""
    forget_unsent(current_app.tasks.get(sender))
    place, visit = here(), current.get()
    if headers is None or place is None:
        return
    trace, _span = place
    account = trace.user_id if visit is None else visit.account()
    headers[REQUEST_ID], headers[ACCOUNT] = trace.request_id, account


def forget_unsent(task: Any) -> None:
    """Let go of spans whose tasks no broker took: the instrumentation waits for the end of each for ever."""
    spans = getattr(task, CTX_KEY, {})
    unsent = [key for key in list(spans) if key[1]]
    for key in unsent[:-UNSENT_MOST]:
        spans.pop(key, None)


def take_over(task: Any = None, **_: Any) -> None:
    """Give the task's trace what came in its headers."""
    span, headers = get_current_span(), getattr(task.request, "headers", None) or {}
    if not isinstance(span, Span) or not isinstance(span.trace, WorkTrace):
        return
    found = {name: headers.get(name, task.request.get(name)) for name in (REQUEST_ID, ACCOUNT)}
    span.trace.request_id = str(found[REQUEST_ID] or span.trace.id)[:ID_CHARACTERS]
    span.trace.user_id = found[ACCOUNT]
