"""A script in Redis. The client only lends a connection: what it adds to each command takes half a round trip."""

from collections.abc import Sequence
from hashlib import sha1
from typing import Any

from redis import Redis
from redis.exceptions import NoScriptError, ResponseError

Word = str | int | bytes


class Script:
    """Called by its digest, which Redis is told the script for when it does not know it."""

    def __init__(self, client: Redis, text: str) -> None:
        self._pool, self._text = client.connection_pool, text
        self._digest = sha1(text.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, *, keys: Sequence[str], args: Sequence[Word]) -> Any:
        """Return what the script returns; raise RedisError. Blocks for a round trip."""
        connection = self._pool.get_connection()
        try:
            return _answer(connection, "EVALSHA", self._digest, len(keys), *keys, *args)
        except NoScriptError:
            return _answer(connection, "EVAL", self._text, len(keys), *keys, *args)
        finally:
            self._pool.release(connection)


def _answer(connection: Any, *words: Word) -> Any:
    try:
        connection.send_command(*words)
        return connection.read_response()
    except ResponseError:  # is an answer too
        raise
    except BaseException:
        connection.disconnect()  # the answer may be still to come, and would be taken for another call's
        raise
