"""Lists of conversations: members who do not follow a conversation learn that something happened in it."""

from typing import Any

import orjson

from apps.chat.live.audience import Audience, Person
from apps.chat.live.frames import Frame, frame
from apps.chat.live.limits import PREVIEW_CHARACTERS
from apps.chat.live.queries import Place
from apps.chat.live.rooms import Rooms


class Sidebar:
    """Tells each number once, in rising order; what it skipped is told by the next sweep or the next message."""

    def __init__(self, *, audience: Audience, rooms: Rooms) -> None:
        self._audience, self._rooms = audience, rooms
        self._told: dict[int, int] = {}

    def begin(self, places: list[Place]) -> None:
        """Take what somebody's lists were drawn from as told, where nothing is known."""
        for place in places:
            self._told.setdefault(place.conversation, place.last_event)

    def message(self, payload: dict[str, Any]) -> None:
        """Pass a change on to the members who do not see it anyway."""
        conversation = payload["conversation"]
        if not self._is_news(conversation, payload["sequence"]):
            return
        shown: Frame | None = None
        for person in self._audience.members(conversation):
            if not self._sees_it(person, conversation):
                shown = shown or changed_frame(payload)
                self._put(person, conversation, shown)

    def news(self, person: Person, place: Place) -> None:
        """Tell somebody what a sweep found."""
        if place.last_event > self._told.get(place.conversation, 0) and not self._sees_it(person, place.conversation):
            self._put(person, place.conversation, place_frame(place, change="message"))

    def swept(self, places: list[Place]) -> None:
        """Take what a sweep found as told, and forget conversations that nobody here is in."""
        for place in places:
            self._told[place.conversation] = max(place.last_event, self._told.get(place.conversation, 0))
        self._told = {key: told for key, told in self._told.items() if self._audience.has_members(key)}

    def change(self, conversation: int, shown: Frame) -> None:
        """Tell every member that the conversation itself changed."""
        for person in self._audience.members(conversation):
            self._put(person, conversation, shown)

    def _is_news(self, conversation: int, number: int) -> bool:
        if number <= self._told.get(conversation, 0) or not self._audience.has_members(conversation):
            return False
        self._told[conversation] = number
        return True

    def _sees_it(self, person: Person, conversation: int) -> bool:
        return all(conversation in connection.subscriptions for connection in person.connections)

    def _put(self, person: Person, conversation: int, shown: Frame) -> None:
        if person.is_checking:
            person.missed[conversation] = shown
            return
        for connection in person.connections:
            connection.put(shown)


def place_frame(place: Place, *, change: str) -> Frame:
    """Return what a list should know of a conversation, from the database."""
    return frame(
        "conversation",
        conversation=place.conversation,
        sequence=place.last_event,
        change=change,
        last_sequence=place.last_sequence,
    )


def changed_frame(payload: dict[str, Any]) -> Frame:
    """Return what a list should know of a change: whose message, and how it begins."""
    message = orjson.loads(payload["message"]) if payload.get("message") else None
    return frame(
        "conversation",
        conversation=payload["conversation"],
        sequence=payload["sequence"],
        change="message",
        last_sequence=payload["last_sequence"],
        message=message and preview_of(message),
    )


def preview_of(message: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a message record that a list shows."""
    shown = {name: message[name] for name in ("id", "sequence", "author", "role", "created_at", "deleted")}
    return {**shown, "preview": message["text"][:PREVIEW_CHARACTERS]}
