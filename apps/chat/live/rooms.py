"""The rooms of this process: carries out what they decide, and asks the database for what they lack."""

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from typing import Any

from django.db import DatabaseError

from apps.chat.live.connection import Connection
from apps.chat.live.desk import Desk
from apps.chat.live.frames import Frame, frame
from apps.chat.live.limits import GAP_SECONDS, RETRY_SECONDS
from apps.chat.live.queries import page_after, page_for
from apps.chat.live.room import Decision, Delivery, Event, Page, Room

logger = logging.getLogger(__name__)


class Tasks:
    """Tasks that nobody awaits, kept from being collected and cancelled together."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it beside."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def cancel(self) -> None:
        """End all of them."""
        for task in self._tasks:
            task.cancel()


class Rooms:
    """One room for each conversation that a socket here follows. Lives on the event loop."""

    def __init__(self, *, desk: Desk, tasks: Tasks) -> None:
        self._desk, self._tasks = desk, tasks
        self._rooms: dict[int, Room[Connection]] = {}
        self._reading: set[int] = set()
        self.reads = 0

    def __contains__(self, conversation: int) -> bool:
        return conversation in self._rooms

    def __len__(self) -> int:
        return len(self._rooms)

    def conversations(self) -> list[int]:
        """Return which conversations have a room."""
        return list(self._rooms)

    def number(self, conversation: int) -> int:
        """Return the number everybody in the room has seen, 0 without one."""
        room = self._rooms.get(conversation)
        return (room.known or 0) if room else 0

    def is_open(self, conversation: int, connection: Connection) -> bool:
        """Return whether the socket gets what happens in the conversation now."""
        room = self._rooms.get(conversation)
        return room is not None and room.is_open(connection)

    def join(self, conversation: int, connection: Connection, *, after: int) -> None:
        """Give the socket a seat in the conversation's room, closed until `seat` has read what it lacks."""
        self._rooms.setdefault(conversation, Room()).join(connection, after=after)
        connection.subscriptions.add(conversation)

    async def read_for(self, conversation: int, connection: Connection) -> Page | None:
        """Return the page for a socket that has joined, None for one that may not see it. Raises DatabaseError."""
        room = self._rooms[conversation]
        after = room.reads_after(connection)
        return await self._desk.ask(page_for, connection.user_id, conversation, after)

    def is_waiting(self, conversation: int, connection: Connection) -> bool:
        """Return whether the socket has joined and still needs a page."""
        room = self._rooms.get(conversation)
        return room is not None and room.is_waiting(connection)

    def admit(self, conversation: int, connection: Connection, page: Page) -> None:
        """Bring the socket up to date by its page and open its seat."""
        self._carry_out(conversation, self._rooms[conversation].admit(connection, page))

    def leave(self, conversation: int, connection: Connection) -> None:
        """Take the socket's seat away."""
        connection.subscriptions.discard(conversation)
        room = self._rooms.get(conversation)
        if room is not None:
            room.leave(connection)
            if room.is_empty:
                del self._rooms[conversation]

    def hold(self, conversation: int, connection: Connection) -> None:
        """Send the socket nothing of the conversation until `release`."""
        if room := self._rooms.get(conversation):
            room.hold(connection)

    def release(self, conversation: int, connection: Connection) -> None:
        """Send what came meanwhile, and everything from now on."""
        if room := self._rooms.get(conversation):
            self._carry_out(conversation, room.release(connection))

    def offer(self, conversation: int, event: Event) -> None:
        """Pass on a change that came over the bus."""
        if room := self._rooms.get(conversation):
            self._carry_out(conversation, room.offer(event))

    def notice(self, conversation: int, number: int) -> None:
        """Learn that a change exists."""
        if room := self._rooms.get(conversation):
            room.notice(number)
            self._carry_out(conversation, ())

    def show(self, conversation: int, shown: Frame, *, except_user: int | None = None) -> None:
        """Send a frame that is not kept to every open seat."""
        if room := self._rooms.get(conversation):
            for connection in room.open_guests:
                if connection.user_id != except_user:
                    connection.put(shown)

    def _carry_out(self, conversation: int, decisions: Iterable[Decision[Connection]]) -> None:
        for decision in decisions:
            if isinstance(decision, Delivery):
                frames = [event.frame for event in decision.events]
            else:
                frames = [frame("reset", conversation=conversation, sequence=decision.number)]
            for connection in decision.to:
                for one in frames:
                    connection.put(one)
        room = self._rooms.get(conversation)
        if room is not None and room.is_behind and conversation not in self._reading:
            self._reading.add(conversation)
            self._tasks.begin(self._catch_up(conversation))

    async def _catch_up(self, conversation: int) -> None:
        """Read what is missing, after a moment in which it may still arrive. The poll tries again what failed."""
        try:
            await asyncio.sleep(GAP_SECONDS)
            while (room := self._rooms.get(conversation)) and room.is_behind:
                before = room.known or 0
                page = await self._desk.ask(page_after, conversation, before)
                self.reads += 1
                if page is None:
                    return
                self._carry_out(conversation, room.read(page))
                if room.known == before:
                    await asyncio.sleep(RETRY_SECONDS)
        except DatabaseError as error:
            logger.warning("Conversation %s cannot be brought up to date now: %s", conversation, error)
        finally:
            self._reading.discard(conversation)
