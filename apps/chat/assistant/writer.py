"""One reply on its way: asks, passes the words on as they come, keeps them from time to time, and ends."""

import asyncio
import logging
from contextlib import aclosing
from time import perf_counter

from django.db import Error
from opentelemetry.trace import SpanKind, StatusCode, get_tracer

from apps.chat.assistant.budget import BudgetError
from apps.chat.assistant.closing import Closing
from apps.chat.assistant.draft import Draft
from apps.chat.assistant.ledger import StoppedError, beat, concluded, opened
from apps.chat.assistant.upstream import Ending, Question, Upstream, UpstreamError, Usage
from apps.chat.assistant.voice import Voice
from apps.chat.exceptions import NotFoundError
from apps.chat.live.desk import Desk
from apps.chat.records import Outcome
from apps.chat.statistics import replies

logger = logging.getLogger(__name__)
_tracer = get_tracer(__name__)
SEGMENT = {"perfsite.segment": "reply"}
HEARTBEAT_SECONDS = 2.0
CONCLUDE_PAUSES = (0.2, 0.5, 1.0, *(2.0,) * 30)  # while the database fails; then the reply is found dead


class Writer:
    """Runs as one task, in the process that was asked; nothing of it depends on the socket or request that asked."""

    def __init__(self, reply_id: int, *, desk: Desk, upstream: Upstream, is_quiet: bool = False) -> None:
        self._id, self._desk, self._upstream, self._is_quiet = reply_id, desk, upstream, is_quiet
        self._draft = Draft()
        self._voice: Voice | None = None
        self._listening: asyncio.Task[Closing] | None = None
        self._reason: Outcome | None = None
        self._ending: Ending | None = None
        self._usage: Usage | None = None

    async def write(self) -> None:
        """Write the reply to its end, whatever that is; in the trace of who asked, as a part of its own."""
        with _tracer.start_as_current_span("assistant reply", kind=SpanKind.CONSUMER, attributes=SEGMENT) as span:
            closing = await self._written()
            if closing.fault:
                span.set_status(StatusCode.ERROR)

    async def _written(self) -> Closing:
        self._listening = asyncio.create_task(self._listen())
        beating = asyncio.create_task(self._beat())
        try:
            closing = await self._heard_out(self._listening)
        finally:
            beating.cancel()
            if self._voice is not None:
                self._voice.fall_silent()
        await self._conclude(closing)
        return closing

    def end(self, reason: Outcome) -> None:
        """Have it end with what it has; the first reason counts."""
        if self._reason is None:
            self._reason = reason
            if self._listening is not None:
                self._listening.cancel()

    def repeat(self) -> None:
        """Tell everybody all of it so far."""
        if self._voice is not None and not self._is_quiet:
            self._voice.repeat()

    async def _heard_out(self, listening: asyncio.Task[Closing]) -> Closing:
        if self._reason is not None:
            listening.cancel()
        try:
            return await listening
        except asyncio.CancelledError:
            if self._reason is None:
                raise
            return Closing(outcome=self._reason, usage=self._usage)

    async def _listen(self) -> Closing:
        try:
            reply, question = await self._desk.ask(opened, self._id)
            self._voice = Voice(reply, self._draft)
            await self._take_all(question, self._voice)
        except UpstreamError as error:
            logger.warning("Reply %s: %s: %s", self._id, error.code, error)
            return Closing(outcome="cut", fault=error.code, usage=self._usage)
        except BudgetError as error:
            return Closing(outcome="failed", fault=error.code, retry_at=error.retry_at)
        except StoppedError:
            return Closing(outcome="stopped")
        except NotFoundError:
            return Closing(outcome="gone")
        except Exception:  # ours, or no database: logged, and the reply must not seem to go on for ever
            logger.exception("Reply %s failed", self._id)
            return Closing(outcome="cut", fault="failed", usage=self._usage)
        return Closing(outcome=self._ending or "too_long", usage=self._usage)

    async def _take_all(self, question: Question, voice: Voice) -> None:
        """Take pieces until there are no more, or no room for more."""
        asked, has_words = perf_counter(), False
        async with aclosing(self._upstream.answer(question)) as pieces:
            async for piece in pieces:
                self._ending = self._ending or piece.ending
                self._usage = self._usage or piece.usage
                if piece.text:
                    if not has_words:
                        has_words = True
                        replies.first_token.note(perf_counter() - asked)
                    self._draft.add(piece.text)
                    self._tell(voice)
                if self._draft.is_full:
                    return

    def _tell(self, voice: Voice) -> None:
        """Tell the words; a new try that nobody asked for is told of with its first ones."""
        is_first, self._is_quiet = self._is_quiet, False
        if is_first:
            voice.repeat()
        else:
            voice.speak()

    async def _beat(self) -> None:
        """Keep the text and look for a stop; a database that fails now is asked again."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                found = await self._desk.ask(beat, self._id, text=self._draft.text)
            except Error as error:
                logger.warning("Reply %s cannot be kept now: %s", self._id, error)
                continue
            if not found.is_ours:
                self.end("gone")
            elif found.is_stop_asked:
                self.end("stopped")
            elif self._voice is not None and not self._is_quiet:
                self._voice.hum()

    async def _conclude(self, closing: Closing) -> None:
        for pause in (*CONCLUDE_PAUSES, None):
            try:
                await self._desk.ask(concluded, self._id, text=self._draft.text, closing=closing)
            except Error as error:
                logger.warning("Reply %s cannot be stored now: %s", self._id, error)
                if pause is None:
                    return
                await asyncio.sleep(pause)
            else:
                return
