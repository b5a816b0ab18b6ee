"""Takes rights away the moment they change: nothing is delivered while the database is asked again."""

import asyncio
import logging
from collections.abc import Callable, Collection

from django.db import DatabaseError

from apps.chat.live.audience import Audience, Person
from apps.chat.live.connection import Connection
from apps.chat.live.desk import Desk
from apps.chat.live.frames import frame
from apps.chat.live.limits import RETRY_SECONDS, SIGNED_OUT
from apps.chat.live.queries import Standing, standing
from apps.chat.live.rooms import Rooms, Tasks
from apps.chat.live.session import Identity
from apps.chat.live.sidebar import place_frame

logger = logging.getLogger(__name__)
Leave = Callable[[int, Connection], None]


class Checks:
    """Holds people back, asks about them, lets them go on or not. Lives on the event loop."""

    def __init__(self, *, audience: Audience, rooms: Rooms, desk: Desk, tasks: Tasks, leave: Leave) -> None:
        self._audience, self._rooms = audience, rooms
        self._desk, self._tasks, self._leave = desk, tasks, leave
        self._settled = asyncio.Condition()

    def begin(self, person: Person, conversation: int | None = None) -> None:
        """Hold somebody back, in one conversation or in all, and ask."""
        person.version += 1
        for connection in person.connections:
            for held in connection.subscriptions if conversation is None else (conversation,):
                self._rooms.hold(held, connection)
        if not person.is_checking:
            person.is_checking = True
            self._tasks.begin(self._check(person))

    async def settled(self, person: Person) -> None:
        """Return when nothing about somebody is in question."""
        async with self._settled:
            await self._settled.wait_for(lambda: not person.is_checking)

    def apply(self, person: Person, found: Standing, *, only: Collection[int] | None = None) -> None:
        """Act on what the database said of somebody: of all their conversations, or only of those named."""
        for connection in list(person.connections):
            if connection.session_key in found.asked and not is_good(connection, found.sessions):
                connection.end(SIGNED_OUT, "The session is over.")
        places = {place.conversation: place for place in found.places[person.user_id]}
        gone = person.conversations - places.keys()
        if only is not None:
            gone &= set(only)
        joined = [place for key, place in places.items() if key not in person.conversations]
        self._audience.place(person, (person.conversations - gone) | places.keys())
        for conversation in gone:
            self._take_away(person, conversation)
        for place in joined:
            person.put(place_frame(place, change="joined"))

    async def _check(self, person: Person) -> None:
        try:
            while not await self._is_answered(person):
                pass
        finally:
            person.is_checking = False
            async with self._settled:
                self._settled.notify_all()
        for conversation, missed in person.missed.items():
            if conversation in person.conversations:
                person.put(missed)
        person.missed.clear()
        for connection in list(person.connections):
            for held in list(connection.subscriptions):
                self._rooms.release(held, connection)

    async def _is_answered(self, person: Person) -> bool:
        """Ask; return whether the answer holds: rights may have changed again since the question."""
        version = person.version
        keys = {connection.session_key for connection in person.connections}
        try:
            found = await self._desk.ask(standing, session_keys=keys, user_ids=[person.user_id])
        except DatabaseError as error:
            logger.warning("The rights of user %s cannot be checked now, so nothing is sent: %s", person.user_id, error)
            await asyncio.sleep(RETRY_SECONDS)
            return not person.connections
        if person.version != version:
            return False
        self.apply(person, found)
        return True

    def _take_away(self, person: Person, conversation: int) -> None:
        person.missed.pop(conversation, None)
        for connection in person.connections:
            if conversation in connection.subscriptions:
                self._leave(conversation, connection)
        person.put(frame("conversation", conversation=conversation, change="left"))


def is_good(connection: Connection, sessions: dict[str, Identity]) -> bool:
    """Return whether the socket's session is still its user's."""
    identity = sessions.get(connection.session_key)
    return identity is not None and identity.user_id == connection.user_id
