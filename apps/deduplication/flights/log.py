"""The pieces of a stream in one process: appended to, never changed; read by cursor, from any loop."""

import asyncio
from collections.abc import Sequence
from threading import Lock


class Log:
    """Belongs to one flight. It holds one round; a successor's pieces begin another, and old cursors mean nothing."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._readers: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._pieces: list[bytes] = []
        self._sent = 0
        self._is_sending = self._is_led = False
        self.round = ""
        self.size = 0

    def __len__(self) -> int:
        return len(self._pieces)

    def lead(self, token: str) -> None:
        """Begin a round of our own: nothing of another's is taken any more."""
        self.extend(token, 0, ())
        with self._lock:
            self._is_led = True

    def extend(self, token: str, start: int, pieces: Sequence[bytes]) -> None:
        """Add pieces of a round, of which the first is the round's piece number `start`; known ones are passed over."""
        with self._lock:
            if self._is_led and token != self.round:
                return
            if token != self.round:
                self.round, self._pieces, self.size, self._sent = token, [], 0, 0
            fresh = pieces[max(0, len(self._pieces) - start) :] if start <= len(self._pieces) else ()
            self._pieces.extend(fresh)
            self.size += sum(map(len, fresh))
            readers = list(self._readers.items())
        for event, loop in readers:
            _wake(event, loop)

    def after(self, cursor: int) -> list[bytes]:
        """Return the pieces from the cursor on."""
        return self._pieces[cursor:]

    def listen(self) -> asyncio.Event:
        """Return an event of this loop that is set when pieces come; give it back to `leave`."""
        event = asyncio.Event()
        with self._lock:
            self._readers[event] = asyncio.get_running_loop()
        return event

    def leave(self, event: asyncio.Event) -> None:
        """Listen no more."""
        with self._lock:
            self._readers.pop(event, None)

    def begin_sending(self) -> bool:
        """Return whether somebody must carry pieces to the store: True for one at a time."""
        with self._lock:
            is_needed = not self._is_sending and self._sent < len(self._pieces)
            self._is_sending = self._is_sending or is_needed
            return is_needed

    def unsent(self) -> tuple[int, list[bytes]]:
        """Return what the store has not got yet and the number of its first; when it is nothing, sending has ended."""
        with self._lock:
            start, pieces = self._sent, self._pieces[self._sent :]
            self._sent = len(self._pieces)
            self._is_sending = bool(pieces)
            return start, pieces


def _wake(event: asyncio.Event, loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.call_soon_threadsafe(event.set)
    except RuntimeError:  # the loop has ended, and its readers with it
        return
