"""How the cache asks Redis: one connection lent by the client, one command, one answer.

The client's own wrapping of each command takes as long as half a round trip, its lending of a connection, which is
looked at each time whether it is still open, as much as the other half. Reads do without that look: a connection that
was closed shows when it is used.
"""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha1
from typing import Any

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError, ResponseError

from apps.caching.stores.scripts import EPOCH
from apps.deduplication.flights.script import Word

PREFIX = "perfsite:{cache}:"
EPOCH_KEY = f"{PREFIX}epoch"


class Wire:
    """Each new connection first sees to it that a server which is another one than before has an epoch of its own."""

    def __init__(self, client: Redis) -> None:
        self._pool = client.connection_pool
        self._pool.connection_kwargs["redis_connect_func"] = _connected
        self._idle: list[Any] = []  # appended to and popped from without a lock: each is one step of the interpreter

    def ask(self, *words: Word) -> Any:
        """Return the answer to a command; raise RedisError. Blocks for a round trip."""
        return self._answered(self._lent(), *words)

    def ask_lightly(self, *words: Word) -> Any:
        """Return as `ask` does, of a command that may be asked twice: where the server had closed the connection."""
        try:
            connection = self._idle.pop()
        except IndexError:
            return self.ask(*words)
        try:
            return self._answered(connection, *words)
        except RedisConnectionError:
            return self.ask(*words)

    def script(self, text: str) -> "Script":
        """Return a script to be called."""
        return Script(self, text)

    def renew(self) -> None:
        """Give every connection up and see whether the server answers; raise RedisError."""
        self._pool.disconnect()
        self.ask("PING")

    def _lent(self) -> Any:
        """Return a connection that is open, as far as can be seen."""
        try:
            connection = self._idle.pop()
        except IndexError:
            return self._pool.get_connection()
        with suppress(RedisError, OSError):
            if not connection.can_read():
                return connection
        connection.disconnect()  # closed by the server, or with what nobody asked for: the pool connects it anew
        self._pool.release(connection)
        return self._pool.get_connection()

    def _answered(self, connection: Any, *words: Word) -> Any:
        """Return the answer and keep the connection; one that failed goes back, to be connected anew."""
        try:
            answer = _answer(connection, *words)
        except ResponseError:
            self._idle.append(connection)
            raise
        except BaseException:  # raised again: whatever ended the call, a thread's end too, the connection goes back
            self._pool.release(connection)
            raise
        self._idle.append(connection)
        return answer


class Script:
    """Called by its digest, which Redis is told the script for when it does not know it."""

    __slots__ = ("_digest", "_text", "_wire")

    def __init__(self, wire: Wire, text: str) -> None:
        self._wire, self._text = wire, text
        self._digest = sha1(text.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, *, keys: Sequence[str], args: Sequence[Word]) -> Any:
        """Return what the script returns; raise RedisError. Blocks for a round trip."""
        try:
            return self._wire.ask("EVALSHA", self._digest, len(keys), *keys, *args)
        except NoScriptError:
            return self._wire.ask("EVAL", self._text, len(keys), *keys, *args)


def _connected(connection: Any) -> None:
    connection.on_connect()
    _answer(connection, "EVAL", EPOCH, 1, EPOCH_KEY, secrets.token_hex(8))


def _answer(connection: Any, *words: Word) -> Any:
    try:
        connection.send_command(*words)
        return connection.read_response()
    except ResponseError:  # is an answer too
        raise
    except BaseException:
        connection.disconnect()  # the answer may be still to come, and would be taken for another call's
        raise
