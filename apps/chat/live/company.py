"""Who is here and who is typing: told to the other processes, and to the sockets. Lives on the event loop."""

from itertools import islice
from typing import Any

from apps.backplane.bus import Bus
from apps.chat.live.connection import Connection
from apps.chat.live.frames import Frame, frame
from apps.chat.live.limits import PRESENCE_ANNOUNCED, PRESENCE_MAX_USERS, TYPING_REPEAT_SECONDS
from apps.chat.live.presence import Presence
from apps.chat.live.publication import LIVE, Person, publish_live
from apps.chat.live.rooms import Rooms
from apps.chat.live.typists import Typists
from apps.chat.policy import live


class Company:
    """Changes are gathered for a tick, so that a crowd that arrives together is told of once."""

    def __init__(self, *, bus: Bus, rooms: Rooms) -> None:
        self._bus, self._rooms = bus, rooms
        self._origin = bus.status().origin
        self._presence, self._typists = Presence(), Typists()
        self._shown: dict[int, dict[int, str]] = {}
        self._to_show: set[int] = set()
        self._to_announce: set[int] = set()
        self._announce_all_at = 0.0

    def arrive(self, conversation: int, connection: Connection) -> None:
        """Count a socket that follows a conversation from now on."""
        connection.present.add(conversation)
        if self._presence.arrive(conversation, connection.user_id, connection.name):
            self._changed_here(conversation)

    def depart(self, conversation: int, connection: Connection) -> None:
        """Count it out, if it was counted."""
        if conversation not in connection.present:
            return
        connection.present.discard(conversation)
        if self._presence.depart(conversation, connection.user_id):
            self._changed_here(conversation)

    def greet(self, conversation: int, connection: Connection, now: float) -> None:
        """Tell a socket that has just come who is here and who is typing."""
        connection.put(self._frame(conversation, self._presence.users(conversation)))
        for user, name, seconds in self._typists.typing(conversation, now):
            who = Person(id=user, name=name)
            connection.put(self._event(conversation, "typing", {"user": who, "seconds": round(seconds, 1)}))

    def typed(self, conversation: int, connection: Connection, now: float) -> None:
        """Tell the others that somebody types, unless they have just been told."""
        if self._typists.typed(conversation, connection.user_id, now, repeat_seconds=TYPING_REPEAT_SECONDS):
            who = Person(id=connection.user_id, name=connection.name)
            fields = {"user": who, "seconds": live.current.typing_seconds}
            publish_live(conversation, "typing", fields, except_user=connection.user_id)

    def sent(self, conversation: int, connection: Connection) -> None:
        """Note that what somebody typed is a message now."""
        self._typists.stopped(conversation, connection.user_id)

    def event(self, payload: dict[str, Any], now: float) -> None:
        """Pass on an event that is not kept."""
        conversation, kind, fields = payload["conversation"], payload["type"], payload["fields"]
        if conversation not in self._rooms:
            return
        if kind == "typing":
            user = fields["user"]
            who = user if isinstance(user, Person) else Person(**user)
            self._typists.heard(conversation, who.id, who.name, until=now + fields["seconds"])
        self._rooms.show(conversation, self._event(conversation, kind, fields), except_user=payload.get("except"))

    def heard(self, origin: str, payload: dict[str, Any], now: float) -> None:
        """Take another process's word for its people."""
        if origin == self._origin:
            return
        if payload.get("gone"):
            self._to_show |= self._presence.gone(origin)
        until = now + live.current.presence_seconds
        for conversation, users in payload.get("people", ()):
            if self._presence.heard(origin, conversation, [(user, name) for user, name in users], until=until):
                self._to_show.add(conversation)

    def announce_soon(self) -> None:
        """Tell everything at the next tick: others may have missed it, or have just come."""
        self._announce_all_at = 0.0

    def tick(self, now: float) -> None:
        """Announce and show what changed; repeat everything in good time before it expires."""
        self._to_show |= self._presence.expire(now)
        self._typists.expire(now, repeat_seconds=TYPING_REPEAT_SECONDS)
        if now >= self._announce_all_at:
            self._announce_all_at = now + live.current.presence_seconds / 3
            self._to_announce |= set(self._presence.announced())
        self._announce()
        for conversation in self._to_show:
            self._show(conversation)
        self._to_show.clear()

    def say_goodbye(self) -> None:
        """Tell the others that this process's people are gone."""
        self._bus.publish(LIVE, {"kind": "presence", "gone": True})

    def _changed_here(self, conversation: int) -> None:
        self._to_show.add(conversation)
        self._to_announce.add(conversation)

    def _announce(self) -> None:
        waiting = iter(self._to_announce)
        while chunk := list(islice(waiting, PRESENCE_ANNOUNCED)):
            people = [(conversation, self._presence.here(conversation)) for conversation in chunk]
            self._bus.publish(LIVE, {"kind": "presence", "people": people})
        self._to_announce.clear()

    def _show(self, conversation: int) -> None:
        users = self._presence.users(conversation)
        if conversation not in self._rooms:
            self._shown.pop(conversation, None)
        elif self._shown.get(conversation) != users:
            self._shown[conversation] = users
            self._rooms.show(conversation, self._frame(conversation, users))

    def _frame(self, conversation: int, users: dict[int, str]) -> Frame:
        listed = [Person(id=user, name=name) for user, name in islice(users.items(), PRESENCE_MAX_USERS)]
        return self._event(conversation, "presence", {"users": listed, "count": len(users)})

    def _event(self, conversation: int, kind: str, fields: dict[str, Any]) -> Frame:
        return frame(kind, conversation=conversation, sequence=self._rooms.number(conversation), **fields)
