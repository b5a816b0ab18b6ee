"""The names of ASGI's parts, as far as the edge uses them."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

STALL_SECONDS = 30.0  # how long a client may send nothing, or take nothing, while it is waited for


class ClientGoneError(OSError):
    """The client left in the middle. An OSError, so that Django reports an upload cut short as unreadable."""
