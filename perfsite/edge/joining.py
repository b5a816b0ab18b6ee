"""Equal safe requests that are under way at the same time become one, before a thread is taken."""

import asyncio
import logging
from http import HTTPStatus

from apps.deduplication.exceptions import FlightError, FlightTimeoutError
from apps.deduplication.http.answer import Answer, decoded
from apps.deduplication.http.current import generation
from apps.deduplication.http.policy import EDGE
from apps.deduplication.http.request import flight_key
from apps.deduplication.http.unavailable import UnavailableError
from perfsite.edge.answer import Answer as Refusal
from perfsite.edge.answer import problem
from perfsite.edge.departure import Departure
from perfsite.edge.protocol import Application, Receive, Scope, Send
from perfsite.edge.recording import Recording

logger = logging.getLogger(__name__)


class Joining:
    """Stands before the bridge. Who waits costs a future; who may not join goes straight on."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, from its own execution or from another's; nothing for a client that has left."""
        key = flight_key(scope, generation=generation().name)
        if key is None:
            await self._application(scope, receive, send)
            return
        departure = Departure(receive)
        try:
            answer = await self._shared(key, Recording(self._application, scope, send), send)
        except asyncio.CancelledError:
            if not departure.has_come:
                raise
            departure.forgive()
            return
        finally:
            departure.stop()
        if answer is not None:
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            await send({"type": "http.response.body", "body": answer.body})

    async def _shared(self, key: str, recording: Recording, send: Send) -> Answer | None:
        """Return the answer; None where it was sent already."""
        try:
            data = await EDGE.run_async(key, recording.work)
        except FlightTimeoutError as timeout:
            detail = "The same request is still being answered."
            await unavailable(detail, retry_after=f"{timeout.retry_after:.0f}").send_to(send)
        except UnavailableError as error:
            if recording.answer is None:
                await unavailable("The same request got no answer.", retry_after=error.retry_after).send_to(send)
        except FlightError:
            logger.exception("The same request failed where it ran")
            await problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The error has been logged.").send_to(send)
        else:
            return recording.answer or (decoded(data) if data else None)
        return recording.answer


def unavailable(detail: str, *, retry_after: str) -> Refusal:
    """Return a 503 of this request's own."""
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after=retry_after)
