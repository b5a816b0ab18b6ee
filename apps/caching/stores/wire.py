"""How the cache asks Redis: one connection lent by the client, one command, one answer.

The client's own wrapping of each command takes as long as half a round trip.
"""

import secrets
from typing import Any

from redis import Redis
from redis.exceptions import ResponseError

from apps.caching.stores.scripts import EPOCH
from apps.deduplication.flights.script import Script, Word

PREFIX = "perfsite:{cache}:"
EPOCH_KEY = f"{PREFIX}epoch"


class Wire:
    """Each new connection first sees to it that a server which is another one than before has an epoch of its own."""

    def __init__(self, client: Redis) -> None:
        self._pool = client.connection_pool
        self._pool.connection_kwargs["redis_connect_func"] = _connected
        self._client = client

    def ask(self, *words: Word) -> Any:
        """Return the answer to a command; raise RedisError. Blocks for a round trip."""
        connection = self._pool.get_connection()
        try:
            return _answer(connection, *words)
        finally:
            self._pool.release(connection)

    def script(self, text: str) -> Script:
        """Return a script to be called."""
        return Script(self._client, text)

    def renew(self) -> None:
        """Give every connection up and see whether the server answers; raise RedisError."""
        self._pool.disconnect()
        self.ask("PING")


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
