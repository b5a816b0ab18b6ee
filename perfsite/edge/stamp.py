"""What belongs to one answer alone, whoever made the rest of it: the request's id, its trace, how long it took."""

from time import perf_counter

from perfsite.edge import request_id
from perfsite.edge.observer import Visit
from perfsite.edge.protocol import Message, Send

DETAIL = b"detail="


def stamped(send: Send, visit: Visit | None = None) -> Send:
    """Return a send that adds both to the head; the time runs from now. The visit is told what is sent."""
    started, name = perf_counter(), request_id.current.get().encode()

    async def stamp(message: Message) -> None:
        if message["type"] == "http.response.start":
            duration = b"app;dur=%.1f" % ((perf_counter() - started) * 1000)
            own = [(b"x-request-id", name), (b"server-timing", duration)]
            if visit is not None:
                visit.status, visit.level = message["status"], level_of(message["headers"])
                if visit.trace is not None:
                    own[1:] = traced(duration, visit.trace.traceparent().encode())
            message = {**message, "headers": [*message["headers"], *own]}
        elif visit is not None:
            visit.size += len(message.get("body", b""))
        await send(message)

    return stamp


def traced(duration: bytes, trace: bytes) -> list[tuple[bytes, bytes]]:
    """Return the fields that tell of time and trace; pages read Server-Timing, for they see no other of their own."""
    return [(b"server-timing", b'%b, traceparent;desc="%b"' % (duration, trace)), (b"traceparent", trace)]


def level_of(headers: list[tuple[bytes, bytes]]) -> str:
    """Return which level of the cache answered, by Cache-Status; empty where none did."""
    for field, value in headers:
        if field.lower() == b"cache-status" and b"hit" in value:
            return value.partition(DETAIL)[2].partition(b";")[0].decode("latin-1")
    return ""
