"""A whole answer written at once: for answers from memory, whose head has been written out before.

uvicorn looks at each header of each answer by itself, which for thirteen of them costs more than all the rest of a hit.
This is its own way to end an answer (uvicorn 0.54, `RequestResponseCycle.send`), for a head that Django has checked.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

EXTENSION = "perfsite.write"
Write: TypeAlias = Callable[[bytes, bytes, bytes], bool]


def write(cycle: Any, status: bytes, head: bytes, body: bytes) -> bool:
    """Write status line, head and body; return False where the usual way has to do it. Never blocks.

    Not for a connection that is to be closed, or whose client is slow to take what it has been sent.
    """
    if cycle.disconnected or cycle.response_started or not cycle.keep_alive or cycle.flow.write_paused:
        return False
    dates = [b"%b: %b\r\n" % header for header in cycle.default_headers]
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(b"".join((status, *dates, head, body)))
    cycle.message_event.set()
    cycle.on_response()
    return True
