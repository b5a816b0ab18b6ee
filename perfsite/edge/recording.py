"""One execution on behalf of all who wait: its answer taken as bytes instead of being sent."""

import asyncio
from http import HTTPStatus

from apps.deduplication.flights.unshared import Unshared
from apps.deduplication.http.answer import Answer, why_alone
from apps.deduplication.http.current import generation
from apps.deduplication.http.policy import EDGE
from apps.deduplication.http.unavailable import UnavailableError
from apps.deduplication.http.unshareable import unshareable
from perfsite.edge.protocol import Application, Message, Scope, Send

JOINABLE_SECONDS = 4.0  # who comes later begins anew, whatever may have been written that nobody told us of


class Recording:
    """Runs the request without its client: whether that one leaves is no matter to the others."""

    def __init__(self, application: Application, scope: Scope, send: Send) -> None:
        self._application, self._scope, self._send = application, scope, send
        self._start: Message = {}
        self._body = b""
        self._is_stream = False
        self.answer: Answer | None = None

    async def work(self) -> bytes:
        """Return the answer's bytes, or nothing where others may not have them.

        Raise UnavailableError for 503: to try again for each who waits would be more of what was too much.
        """
        await self._application(self._scope, _Silence(), self._record)
        if self._is_stream or not self._start:
            unshareable["stream"] += 1
            return Unshared()
        self.answer = Answer(status=self._start["status"], headers=self._start["headers"], body=self._body)
        if self.answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
            raise UnavailableError(self.answer.field(b"retry-after").decode())
        return self._judged(self.answer)

    def _judged(self, answer: Answer) -> bytes:
        reason = why_alone(answer.status, answer.headers)
        data = answer.encoded()
        if not reason and len(data) > EDGE.policy.current.value_bytes:
            reason = "size"
        if reason:
            unshareable[reason] += 1
            return Unshared()
        return data

    async def _record(self, message: Message) -> None:
        """Keep what comes in one piece. A stream cannot be kept: it goes to the client whose request this was."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        if message.get("more_body") and not self._is_stream:
            self._is_stream = True
            await self._send(self._start)
        if self._is_stream:
            await self._send(message)
        else:
            self._body = message.get("body", b"")


class _Silence:
    """A client that has sent its request and stays.

    The bridge listens for its leaving only when a request takes long, so a short one pays for no clock.
    """

    def __init__(self) -> None:
        self._is_told = False

    async def __call__(self) -> Message:
        if self._is_told:
            await asyncio.sleep(JOINABLE_SECONDS)
            generation().advance_soon()
            await asyncio.get_running_loop().create_future()
        self._is_told = True
        return {"type": "http.request", "body": b"", "more_body": False}
