"""What comes over the bus, each message to the part that it is for."""

from collections.abc import Callable
from typing import Any

from apps.backplane.envelope import Envelope
from apps.chat.live.audience import Audience
from apps.chat.live.checks import Checks
from apps.chat.live.company import Company
from apps.chat.live.connection import Clock
from apps.chat.live.frames import frame, message_frame
from apps.chat.live.greeting import let_hear
from apps.chat.live.limits import ENDED_SECONDS, SIGNED_OUT
from apps.chat.live.publication import ACCESS, EVENTS, LIVE
from apps.chat.live.room import Event
from apps.chat.live.rooms import Rooms
from apps.chat.live.sidebar import Sidebar


class Hearing:
    """Runs on the event loop, one message after the other, in the order of the bus."""

    def __init__(
        self, *, audience: Audience, rooms: Rooms, sidebar: Sidebar, company: Company, checks: Checks, clock: Clock
    ) -> None:
        self._audience, self._rooms, self._sidebar = audience, rooms, sidebar
        self._company, self._checks, self._clock = company, checks, clock
        self._ended: dict[str, float] = {}
        self.rights_changed = 0  # whoever asked before it rose asked too early

    @property
    def topics(self) -> dict[str, Callable[[Envelope], None]]:
        """The topics to subscribe to, and what hears them."""
        return {EVENTS: self.event, ACCESS: self.access, LIVE: self.live}

    def has_ended(self, digest: str) -> bool:
        """Return whether the session was signed out a moment ago; its row may still be there."""
        return self._ended.get(digest, 0.0) > self._clock()

    def forget_ended(self) -> None:
        """Drop what is certain to be gone from the database by now."""
        now = self._clock()
        self._ended = {digest: until for digest, until in self._ended.items() if until > now}

    def event(self, envelope: Envelope) -> None:
        """A change of a message: to the room, and to the lists of those who are not in it."""
        payload: dict[str, Any] = envelope.payload
        conversation, number, message = payload["conversation"], payload["sequence"], payload.get("message")
        if conversation in self._rooms:
            if message is None:
                self._rooms.notice(conversation, number)
            else:
                self._rooms.offer(conversation, Event(number, message_frame(conversation, number, message)))
        self._sidebar.message(payload)

    def access(self, envelope: Envelope) -> None:
        """A change of rights: hold back whom it is about, and ask the database."""
        payload: dict[str, Any] = envelope.payload
        self.rights_changed += 1
        if digest := payload.get("session"):
            self._ended[digest] = self._clock() + ENDED_SECONDS
            for connection in self._audience.session(digest):
                connection.end(SIGNED_OUT, "You are signed out.")
        elif person := self._audience.people.get(payload["user"]):
            self._checks.begin(person, payload["conversation"])

    def live(self, envelope: Envelope) -> None:
        """What is worth nothing a moment later."""
        payload: dict[str, Any] = envelope.payload
        match payload["kind"]:
            case "event":
                if let_hear(payload["conversation"], payload["type"], payload["fields"]):
                    self._company.event(payload, self._clock())
            case "presence":
                self._company.heard(envelope.origin, payload, self._clock())
            case "conversation":
                self._conversation(payload["conversation"], payload["fields"])

    def _conversation(self, conversation: int, fields: dict[str, Any]) -> None:
        if self._audience.has_members(conversation):
            number = self._rooms.number(conversation)
            shown = frame("conversation", conversation=conversation, sequence=number, **fields)
            self._sidebar.change(conversation, shown)
