"""Who is connected to this process, and where they are members."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from apps.chat.live.connection import Connection
from apps.chat.live.frames import Frame
from apps.chat.policy import live


class CrowdedError(Exception):
    """An account or an address has as many sockets as it may; the text is for the person."""


@dataclass(slots=True, kw_only=True, eq=False)
class Person:
    """A user with sockets here. `version` counts what may have changed their rights: an older answer is void."""

    user_id: int
    version: int = 0
    is_checking: bool = False
    connections: set[Connection] = field(default_factory=set)
    conversations: set[int] = field(default_factory=set)
    missed: dict[int, Frame] = field(default_factory=dict)

    def put(self, frame: Frame) -> None:
        """Queue a frame on every socket of theirs."""
        for connection in self.connections:
            connection.put(frame)


class Audience:
    """Finds people by user, by session and by conversation."""

    def __init__(self) -> None:
        self.people: dict[int, Person] = {}
        self._addresses: Counter[str] = Counter()
        self._sessions: defaultdict[str, set[Connection]] = defaultdict(set)
        self._members: defaultdict[int, set[Person]] = defaultdict(set)

    def connections(self) -> Iterator[Connection]:
        """Yield every socket."""
        for person in self.people.values():
            yield from person.connections

    def check_address(self, address: str) -> None:
        """Raise CrowdedError where an address has no room for one more socket."""
        if self._addresses[address] >= live.current.sockets_per_address:
            raise CrowdedError("Too many connections from your network. Try again in a minute.")

    def enter(self, connection: Connection, conversations: Iterable[int]) -> Person:
        """Take in a socket, with all conversations of its user; return the user, or raise CrowdedError."""
        self.check_address(connection.address)
        known = self.people.get(connection.user_id)
        if known and len(known.connections) >= live.current.sockets_per_account:
            raise CrowdedError("Too many connections of your account. Close some, and try again in a minute.")
        person = self.people.setdefault(connection.user_id, Person(user_id=connection.user_id))
        person.connections.add(connection)
        self._addresses[connection.address] += 1
        self._sessions[connection.digest].add(connection)
        self.place(person, set(conversations))
        return person

    def leave(self, connection: Connection) -> None:
        """Forget a socket, and the user with the last one."""
        person = self.people.get(connection.user_id)
        if person is None or connection not in person.connections:
            return
        person.connections.discard(connection)
        self._addresses[connection.address] -= 1
        if not self._addresses[connection.address]:
            del self._addresses[connection.address]
        self._sessions[connection.digest].discard(connection)
        if not self._sessions[connection.digest]:
            del self._sessions[connection.digest]
        if not person.connections:
            self.place(person, set())
            del self.people[person.user_id]

    def place(self, person: Person, conversations: set[int]) -> None:
        """Say in which conversations somebody is a member."""
        for gone in person.conversations - conversations:
            self._members[gone].discard(person)
            if not self._members[gone]:
                del self._members[gone]
        for new in conversations - person.conversations:
            self._members[new].add(person)
        person.conversations = conversations

    def session(self, digest: str) -> tuple[Connection, ...]:
        """Return the sockets of a session."""
        return tuple(self._sessions.get(digest, ()))

    def members(self, conversation: int) -> tuple[Person, ...]:
        """Return the members of a conversation who are connected here."""
        return tuple(self._members.get(conversation, ()))

    def has_members(self, conversation: int) -> bool:
        """Return whether a member of the conversation is connected here."""
        return conversation in self._members
