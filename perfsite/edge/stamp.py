"""What belongs to one answer alone, whoever made the rest of it: the request's id and how long it took."""

from time import perf_counter

from perfsite.edge import request_id
from perfsite.edge.protocol import Message, Send


def stamped(send: Send) -> Send:
    """Return a send that adds both to the head; the time runs from now."""
    started, name = perf_counter(), request_id.current.get().encode()

    async def stamp(message: Message) -> None:
        if message["type"] == "http.response.start":
            duration = b"app;dur=%.1f" % ((perf_counter() - started) * 1000)
            own = (b"x-request-id", name), (b"server-timing", duration)
            message = {**message, "headers": [*message["headers"], *own]}
        await send(message)

    return stamp
