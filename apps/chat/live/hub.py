"""The live side of one process: lets sockets in, seats them, and keeps everything going. Runs on the event loop."""

from dataclasses import dataclass
from typing import Any

from apps.backplane.bus import Bus
from apps.chat.live.audience import Audience
from apps.chat.live.checks import Checks
from apps.chat.live.company import Company
from apps.chat.live.connection import Clock, Connection
from apps.chat.live.desk import Desk
from apps.chat.live.frames import Frame, frame
from apps.chat.live.greeting import greetings
from apps.chat.live.hearing import Hearing
from apps.chat.live.limits import JOIN_ATTEMPTS
from apps.chat.live.poll import Poll
from apps.chat.live.queries import entrant, last_events
from apps.chat.live.requests import RequestError
from apps.chat.live.rooms import Rooms, Tasks
from apps.chat.live.session import digest_of
from apps.chat.live.sidebar import Sidebar
from apps.chat.policy import live
from apps.resilience.limits.address import UNKNOWN

DEGRADED = "Messages of other servers arrive late: the connection between them is lost."


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveStatus:
    """What the live side of this process holds; `is_degraded` when other processes are heard only by polling."""

    sockets: int
    people: int
    rooms: int
    subscriptions: int
    reads: int
    is_degraded: bool


class Hub:
    """Owns the sockets of a process."""

    def __init__(self, bus: Bus, *, desk: Desk, clock: Clock) -> None:
        self.clock, self._bus = clock, bus
        self.reading = desk
        self.tasks, self.audience = Tasks(), Audience()
        self.rooms = Rooms(desk=self.reading, tasks=self.tasks)
        self.sidebar = Sidebar(audience=self.audience, rooms=self.rooms)
        self.company = Company(bus=bus, rooms=self.rooms)
        shared: dict[str, Any] = {"audience": self.audience, "rooms": self.rooms}
        work: dict[str, Any] = {"desk": self.reading, "tasks": self.tasks}
        self.checks = Checks(**shared, **work, leave=self.unsubscribe)
        self.hearing = Hearing(**shared, sidebar=self.sidebar, company=self.company, checks=self.checks, clock=clock)
        self.poll = Poll(**shared, **work, sidebar=self.sidebar, checks=self.checks, clock=clock)
        self._is_degraded = False

    def status(self) -> LiveStatus:
        """Return what is held now."""
        connections = list(self.audience.connections())
        return LiveStatus(
            sockets=len(connections),
            people=len(self.audience.people),
            rooms=len(self.rooms),
            subscriptions=sum(len(connection.subscriptions) for connection in connections),
            reads=self.rooms.reads,
            is_degraded=self._is_degraded,
        )

    async def enter(self, session_key: str, *, address: str = UNKNOWN) -> Connection | None:
        """Return a connection for a session, None when it is no good. Raises CrowdedError, DatabaseError."""
        self.audience.check_address(address)
        asked = self.hearing.rights_changed
        found = await self.reading.ask(entrant, session_key)
        if found is None or self.hearing.has_ended(digest_of(session_key)):
            return None
        identity, places = found
        connection = Connection(identity=identity, session_key=session_key, clock=self.clock, address=address)
        person = self.audience.enter(connection, [place.conversation for place in places])
        self.sidebar.begin(places)
        if asked != self.hearing.rights_changed:
            self.checks.begin(person)
        if self._is_degraded:
            connection.put(frame("degraded", detail=DEGRADED))
        return connection

    def leave(self, connection: Connection) -> None:
        """Forget a socket."""
        for conversation in list(connection.subscriptions):
            self.unsubscribe(conversation, connection)
        self.audience.leave(connection)

    async def subscribe(self, connection: Connection, conversation: int, *, after: int | None) -> None:
        """Replay what came after a number, or nothing without one, then follow. Raises RequestError, DatabaseError."""
        self.unsubscribe(conversation, connection)
        if len(connection.subscriptions) >= live.current.subscriptions:
            raise RequestError("limit", f"A socket follows {live.current.subscriptions} conversations at most.")
        if after is None:
            after = (await self.reading.ask(last_events, [conversation])).get(conversation, 0)
        self.rooms.join(conversation, connection, after=after)
        try:
            await self._seat(connection, conversation)
        except BaseException:  # raised again: whoever was let in half way is let out
            self.unsubscribe(conversation, connection)
            raise
        self.company.arrive(conversation, connection)
        self._welcome(connection, conversation)

    def unsubscribe(self, conversation: int, connection: Connection) -> None:
        """Stop following; nothing happens when the socket did not."""
        if conversation in connection.subscriptions:
            self.rooms.leave(conversation, connection)
            self.company.depart(conversation, connection)

    async def settled(self, connection: Connection) -> None:
        """Return when nothing about the socket's user is in question; at once in nearly all cases."""
        person = self.audience.people.get(connection.user_id)
        if person is not None and person.is_checking:
            await self.checks.settled(person)

    def acknowledge(self, connection: Connection, what: str, conversation: int | None = None, **fields: Any) -> None:
        """Say that a request was done."""
        fields.setdefault("sequence", self.rooms.number(conversation or 0))
        fields["for"] = what
        connection.put(frame("ack", conversation=conversation, **fields))

    def tick(self) -> None:
        """Do what is due; called every half second."""
        status = self._bus.status()
        self._tell_degraded(is_degraded=not status.is_connected)
        self.company.tick(self.clock())
        self.hearing.forget_ended()
        self.poll.tick(is_bus_whole=status.is_shared and status.is_connected)
        self._beat()

    def lost(self) -> None:
        """Hear that messages of the bus may be missing: the database has them all."""
        self.hearing.rights_changed += 1
        self.poll.hurry()
        self.company.announce_soon()

    async def _seat(self, connection: Connection, conversation: int) -> None:
        """Read what a socket lacks until an answer holds."""
        person = self.audience.people[connection.user_id]
        for _ in range(JOIN_ATTEMPTS):
            version = person.version
            page = await self.rooms.read_for(conversation, connection)
            if connection.is_ended or not self.rooms.is_waiting(conversation, connection):
                break
            if person.version != version:
                continue
            if page is None:
                break
            self.rooms.admit(conversation, connection, page)
            if not self.rooms.is_waiting(conversation, connection):
                return
        else:
            raise RequestError("unavailable", "Too much happens at once. Try again.")
        raise RequestError("not_found", "There is no such conversation.")

    def _welcome(self, connection: Connection, conversation: int) -> None:
        self.acknowledge(connection, "subscribe", conversation)
        self.company.greet(conversation, connection, self.clock())
        number = self.rooms.number(conversation)
        for kind, fields in greetings(conversation):
            connection.put(frame(kind, conversation=conversation, sequence=number, **fields))

    def _tell_degraded(self, *, is_degraded: bool) -> None:
        if is_degraded != self._is_degraded:
            self._is_degraded = is_degraded
            shown = frame("degraded", detail=DEGRADED) if is_degraded else frame("restored")
            self._put_everywhere(shown)

    def _beat(self) -> None:
        now, shown = self.clock(), frame("heartbeat")
        for connection in self.audience.connections():
            if now - connection.outbox.filled_at >= live.current.heartbeat_seconds:
                connection.put(shown)

    def _put_everywhere(self, shown: Frame) -> None:
        for connection in self.audience.connections():
            connection.put(shown)
