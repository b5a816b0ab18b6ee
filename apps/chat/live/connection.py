"""One socket as the hub sees it."""

from collections.abc import Callable

from apps.chat.live.bucket import Bucket
from apps.chat.live.frames import Frame
from apps.chat.live.limits import RESUME
from apps.chat.live.outbox import Outbox
from apps.chat.live.session import Identity, digest_of
from apps.chat.policy import live
from apps.resilience.limits.address import UNKNOWN

Clock = Callable[[], float]


class Connection:
    """Whose it is, what it follows, what waits to be sent; once it has ended it takes nothing more."""

    def __init__(self, *, identity: Identity, session_key: str, clock: Clock, address: str = UNKNOWN) -> None:
        self.user_id, self.name = identity.user_id, identity.name
        self.address = address
        self.session_key, self.digest = session_key, digest_of(session_key)
        self.subscriptions: set[int] = set()
        self.present: set[int] = set()
        self.outbox = Outbox(clock())
        self.bucket = Bucket(clock())
        self.refusals = 0
        self.ending: tuple[int, str] | None = None
        self.on_end: Callable[[], None] = lambda: None
        self._clock = clock

    @property
    def is_ended(self) -> bool:
        """Whether the socket is closed or about to be."""
        return self.ending is not None

    def put(self, frame: Frame) -> None:
        """Queue a frame; a socket that is over its bound is closed, and told to resume. Does not block."""
        if self.ending is None:
            limit = live.current.buffer_bytes
            if not self.outbox.put(frame, now=self._clock(), limit_bytes=limit):
                self.end(RESUME, "Too much waits to be read. Connect again and resume.")

    def end(self, code: int, reason: str) -> None:
        """Close the socket; whatever waits to be sent is dropped. The first reason counts."""
        if self.ending is None:
            self.ending = (code, reason)
            self.outbox.clear()
            self.on_end()
