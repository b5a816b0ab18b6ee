"""The replies that this process writes: begun when it is asked, ended with it; and those of dead writers, buried."""

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

from django.db import Error

from apps.backplane.bus import Loss
from apps.backplane.current import bus, on_loop
from apps.backplane.envelope import Envelope
from apps.chat.assistant.echoes import Echoes
from apps.chat.assistant.ledger import LEASE, bury, silent
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
        self._is_blind, self._patient_until = False, 0.0
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
        """Look for dead replies and echoes, again and again."""
        while True:
            await self._look()
            self._echoes.expire()
            await asyncio.sleep(SWEEP_SECONDS)

    async def _look(self) -> None:
        """Put dead replies away. What fails is told once and tried again: nobody else would end what is dead here."""
        try:
            found = await self._desk.ask(silent)
            if self._is_blind:  # whoever lives could not say so either, and is given time
                self._is_blind, self._patient_until = False, self._loop.time() + LEASE.total_seconds()
            if self._loop.time() >= self._patient_until:
                await self._put_away(found - self._writers.keys())
        except Exception as error:  # told once, and all of it is done again in two seconds
            if not self._is_blind:
                is_ours = not isinstance(error, Error)
                logger.warning("Unfinished replies cannot be looked for: %s", error, exc_info=is_ours)
            self._is_blind = True

    async def _put_away(self, dead: set[int]) -> None:
        for reply_id in sorted(dead):
            if await self._desk.ask(bury, reply_id):
                logger.warning("Reply %s, of a server that ended, is put away", reply_id)

    async def _end(self) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()
        for writer in self._writers.values():
            writer.end("interrupted")
        await asyncio.gather(*self._writing, return_exceptions=True)
        await self._upstream.close()


def missed(_: Loss) -> None:
    """Do nothing: an order that is lost is given again."""
