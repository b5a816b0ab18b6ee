"""The replies that this process writes: begun when it is asked, ended with it; and those of dead writers, buried."""

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError

from apps.backplane.bus import Loss
from apps.backplane.current import bus, on_loop
from apps.backplane.envelope import Envelope
from apps.chat.assistant.echoes import Echoes
from apps.chat.assistant.ledger import bury_dead
from apps.chat.assistant.orders import REPLIES, STOP, order_tell
from apps.chat.assistant.upstream import Upstream
from apps.chat.assistant.writer import Writer
from apps.chat.live.desk import Desk
from apps.chat.live.greeting import greet_with
from apps.chat.signals import reply_requested

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)
SWEEP_SECONDS = 2.0
STOP_SECONDS = 5.0


class Office:
    """Lives on the event loop, from open to close."""

    def __init__(self, *, desk: Desk, upstream: Upstream) -> None:
        self._desk, self._upstream = desk, upstream
        self._loop = asyncio.get_running_loop()
        self._writers: dict[int, Writer] = {}
        self._writing: set[asyncio.Task[None]] = set()
        self._sweeping: asyncio.Task[None] | None = None
        self._echoes = Echoes(tell=order_tell, clock=time.monotonic)
        self._undo: list[Callable[[], object]] = []

    def open(self) -> None:
        """Begin to hear what is asked, and to look for the dead."""
        self._undo = [
            greet_with(self._echoes),
            bus().subscribe(REPLIES, on_loop(self._loop, self._ordered), missed),
            lambda: reply_requested.disconnect(self._requested),
        ]
        reply_requested.connect(self._requested)
        self._sweeping = self._loop.create_task(self._sweep())

    def close(self) -> None:
        """Have all replies end, and wait for it; called in a thread. What cannot be stored in time is found later."""
        for undo in self._undo:
            undo()
        try:
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(STOP_SECONDS)
        except TimeoutError:
            logger.warning("Replies could not be stored before the end: the next server finds them.")
        self._desk.stop()

    def _requested(self, *, reply_id: int, **_: Any) -> None:
        self._loop.call_soon_threadsafe(self._write, reply_id)

    def _write(self, reply_id: int) -> None:
        writer = self._writers[reply_id] = Writer(reply_id, desk=self._desk, upstream=self._upstream)
        task = self._loop.create_task(writer.write())
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        task.add_done_callback(lambda _: self._writers.pop(reply_id))

    def _ordered(self, envelope: Envelope) -> None:
        writer = self._writers.get(envelope.payload["reply"])
        if writer is None:
            return
        if envelope.payload["order"] == STOP:
            writer.end("stopped")
        else:
            writer.repeat()

    async def _sweep(self) -> None:
        """Look for dead replies and echoes, again and again. A database that fails is asked again."""
        is_failing = False
        while True:
            try:
                if buried := await self._desk.ask(bury_dead):
                    logger.warning("%s unfinished replies of a server that ended are put away", buried)
                is_failing = False
            except DatabaseError as error:
                if not is_failing:
                    logger.warning("Unfinished replies cannot be looked for: %s", error)
                is_failing = True
            self._echoes.expire()
            await asyncio.sleep(SWEEP_SECONDS)

    async def _end(self) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()
        for writer in self._writers.values():
            writer.end("interrupted")
        await asyncio.gather(*self._writing, return_exceptions=True)
        await self._upstream.close()


def missed(_: Loss) -> None:
    """Do nothing: an order that is lost is given again."""
