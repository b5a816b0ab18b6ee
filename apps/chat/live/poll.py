"""The safety net: every few seconds the database says who may still listen, and how far conversations have come."""

import logging

from django.db import DatabaseError

from apps.chat.live.audience import Audience, Person
from apps.chat.live.checks import Checks
from apps.chat.live.connection import Clock
from apps.chat.live.desk import Desk
from apps.chat.live.limits import POLL_SECONDS, SWEEP_SECONDS
from apps.chat.live.queries import Standing, standing
from apps.chat.live.rooms import Rooms, Tasks
from apps.chat.live.sidebar import Sidebar

logger = logging.getLogger(__name__)


class Poll:
    """Asks about the conversations that are followed; when messages may have been missed, about all (a sweep)."""

    def __init__(
        self,
        *,
        audience: Audience,
        rooms: Rooms,
        sidebar: Sidebar,
        checks: Checks,
        desk: Desk,
        tasks: Tasks,
        clock: Clock,
    ) -> None:
        self._audience, self._rooms, self._sidebar, self._checks = audience, rooms, sidebar, checks
        self._desk, self._tasks, self._clock = desk, tasks, clock
        self._due_at = self._sweep_at = clock()
        self._is_running = self._is_failing = self._must_sweep = False

    def hurry(self) -> None:
        """Sweep at the next tick: messages may be missing."""
        self._must_sweep = True
        self._due_at = self._clock()

    def tick(self, *, is_bus_whole: bool) -> None:
        """Begin a poll when one is due and none is under way."""
        now = self._clock()
        if now < self._due_at or self._is_running:
            return
        self._due_at = now + POLL_SECONDS
        if now >= self._sweep_at or not is_bus_whole:
            self._must_sweep = True
        if self._audience.people:
            self._is_running = True
            self._tasks.begin(self._run())

    async def _run(self) -> None:
        is_sweep, self._must_sweep = self._must_sweep, False
        if is_sweep:
            self._sweep_at = self._clock() + SWEEP_SECONDS
        try:
            await self._ask(is_sweep=is_sweep)
            self._is_failing = False
        except DatabaseError as error:
            self._must_sweep |= is_sweep
            if not self._is_failing:
                logger.warning("Live readers cannot be looked after: %s", error)
            self._is_failing = True
        finally:
            self._is_running = False

    async def _ask(self, *, is_sweep: bool) -> None:
        people = {person: person.version for person in self._audience.people.values()}
        only = None if is_sweep else self._rooms.conversations()
        keys = {connection.session_key for connection in self._audience.connections()}
        users = [person.user_id for person in people]
        found = await self._desk.ask(standing, session_keys=keys, user_ids=users, conversations=only)
        current = [person for person, version in people.items() if person.version == version]
        for person in current:
            self._checks.apply(person, found, only=only)
        self._tell(current, found)

    def _tell(self, people: list[Person], found: Standing) -> None:
        places = {place.conversation: place for person in people for place in found.places[person.user_id]}
        for conversation in self._rooms.conversations():
            if conversation in places:
                self._rooms.notice(conversation, places[conversation].last_event)
        for person in people:
            for place in found.places[person.user_id]:
                self._sidebar.news(person, place)
        self._sidebar.swept(list(places.values()))
