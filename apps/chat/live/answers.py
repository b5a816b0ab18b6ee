"""What is done for a client that asks over its socket: the services' work, in the services' words."""

from collections.abc import Awaitable, Callable

from django.db import DatabaseError

from apps.chat.exceptions import ChatError, ConflictError, ForbiddenError, NotFoundError, RateError
from apps.chat.live.connection import Connection
from apps.chat.live.desk import Desk
from apps.chat.live.hub import Hub
from apps.chat.live.limits import WRITE_THREADS
from apps.chat.live.requests import Request, RequestError
from apps.chat.rates import SENDS, admit
from apps.chat.records import SentMessage
from apps.chat.services.history import mark_read
from apps.chat.services.messages import send_message

Answer = Callable[[Connection, Request], Awaitable[None]]
CODES: tuple[tuple[type[ChatError], str], ...] = (
    (NotFoundError, "not_found"),
    (ForbiddenError, "forbidden"),
    (ConflictError, "conflict"),
    (RateError, "rate"),
)


class Answers:
    """One method per kind of request. Each ends in an acknowledgement or in a RequestError."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._writing = Desk("live-write", threads=WRITE_THREADS)
        self._kinds: dict[str, Answer] = {
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "message": self._message,
            "typing": self._typing,
            "read": self._read,
            "ping": self._ping,
        }

    async def answer(self, connection: Connection, request: Request) -> None:
        """Do what was asked; raise RequestError when it cannot be done. Waits for the database."""
        await self._hub.settled(connection)
        try:
            await self._kinds[request.kind](connection, request)
        except ChatError as error:
            code = next((code for kind, code in CODES if isinstance(error, kind)), "invalid")
            raise RequestError(code, str(error)) from None
        except DatabaseError:
            raise RequestError("unavailable", "The database does not answer. Try again.") from None

    def stop(self) -> None:
        """Take nothing more."""
        self._writing.stop()

    async def _subscribe(self, connection: Connection, request: Request) -> None:
        await self._hub.subscribe(connection, request.conversation, after=request.after_sequence)

    async def _unsubscribe(self, connection: Connection, request: Request) -> None:
        self._hub.unsubscribe(request.conversation, connection)
        self._hub.acknowledge(connection, "unsubscribe", request.conversation)

    async def _message(self, connection: Connection, request: Request) -> None:
        sent = await self._writing.ask(
            admitted,
            user_id=connection.user_id,
            conversation_id=request.conversation,
            text=request.text,
            client_id=request.client_id,
        )
        self._hub.company.sent(request.conversation, connection)
        self._hub.acknowledge(
            connection,
            "message",
            request.conversation,
            sequence=sent.event,
            client_id=request.client_id,
            is_new=sent.is_new,
            message=sent.message,
        )

    async def _typing(self, connection: Connection, request: Request) -> None:
        if not self._hub.rooms.is_open(request.conversation, connection):
            raise RequestError("not_found", "Subscribe to the conversation first.")
        self._hub.company.typed(request.conversation, connection, self._hub.clock())

    async def _read(self, connection: Connection, request: Request) -> None:
        where = await self._writing.ask(
            mark_read,
            user_id=connection.user_id,
            conversation_id=request.conversation,
            sequence=request.sequence,
        )
        self._hub.acknowledge(connection, "read", request.conversation, last_read_sequence=where)

    async def _ping(self, connection: Connection, request: Request) -> None:  # noqa: ARG002  (as the others)
        self._hub.acknowledge(connection, "ping")


def admitted(*, user_id: int, conversation_id: int, text: str, client_id: str | None) -> SentMessage:
    """Send a message where the account may send one more."""
    admit(SENDS, user_id)
    return send_message(user_id=user_id, conversation_id=conversation_id, text=text, client_id=client_id)
