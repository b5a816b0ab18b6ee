"""Answers given at once: by the server's protocol itself, while it reads the request, before anything is made for it.

A cycle, a task and an event for each request, and a look at every header of each answer, cost uvicorn more than all the
rest of a hit. So the application is asked first, in a scope that says so: it answers by what it finds there, whole, or
not at all, and waits for nothing. Then the request takes the usual way (uvicorn 0.54, `HttpToolsProtocol`). It may
leave a function in the scope: it answers the same bytes from the same peer when they come again, by the Write it gets,
in the connection's context.
"""

import logging
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, NoReturn, TypeAlias

EXTENSION, AGAIN = "perfsite.write", "perfsite.again"
Write: TypeAlias = Callable[[bytes, bytes, bytes], None]
Again: TypeAlias = Callable[[Write], None]
logger = logging.getLogger(__name__)


def ask(application: Any, scope: dict[str, Any]) -> None:
    """Let the application answer by the scope's Write: status line, head, body. It may decline. Never blocks."""
    asked = application(scope, nothing, nothing)
    try:
        copy_context().run(asked.send, None)
    except StopIteration:
        return
    except Exception:  # the usual way meets it again, and tells of it
        logger.exception("A request cannot be answered at once")
    asked.close()


def ask_again(again: Again, write: Write) -> None:
    """Let it answer what it answered before. It may decline. Never blocks."""
    try:
        again(write)
    except Exception:  # as above
        logger.exception("A request cannot be answered at once")


def apart(again: Again, write: Write) -> None:
    """Answer again in a context of its own, where that changes it."""
    copy_context().run(again, write)


async def nothing(*_: object) -> NoReturn:
    """Stand where ASGI has ways to receive and to send: at once there are none."""
    raise RuntimeError("A request that is answered at once has no messages.")
