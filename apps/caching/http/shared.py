"""Answers that are the same for all who may have them: one copy in the process, whoever asks.

Most pairs of a reader and a page are seen once or twice, most pages and most readers all the time. So what is known of
readers and what is known of pages is kept apart, and put together when somebody asks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from apps.caching.answers import Outcome
from apps.caching.desk import ask
from apps.caching.http.answer import OF_BODY, Body, Headers, written
from apps.caching.http.directory import Directory
from apps.caching.keys import Key
from apps.caching.memory import Entry
from apps.caching.namespace import Namespace
from apps.caching.reading import Reading
from apps.caching.sessions import sessions
from apps.caching.tag import is_unmoved

At = Mapping[str, Any]


class Template(msgspec.Struct, frozen=True):
    """The head of a route's answers without what tells of the one body, as Django wrote it last."""

    headers: Headers
    head: bytes
    head_304: bytes


class SharedAnswer(msgspec.Struct, frozen=True, gc=False):
    """What a StoredAnswer is, put together from a head and a body for one request."""

    template: Template
    body: Body
    level: str

    @property
    def etag(self) -> bytes:
        """The body's."""
        return self.body.etag

    @property
    def pieces(self) -> tuple[bytes, ...]:
        """One: there is nothing of a reader in it."""
        return (self.body.content,)

    @property
    def head(self) -> bytes:
        """Its headers as they are sent."""
        return b"%bcontent-length: %d\r\n" % (self.template.head, len(self.body.content))

    @property
    def head_304(self) -> bytes:
        """Those that do not tell of the body."""
        return self.template.head_304

    @property
    def headers(self) -> Headers:
        """Its headers."""
        return (*self.template.headers, (b"content-length", b"%d" % len(self.body.content)))


def template_of(headers: Headers) -> Template:
    """Return the head of an answer with these headers, whatever its body."""
    kept = tuple(one for one in headers if one[0] != b"content-length")
    return Template(headers=kept, head=written(kept), head_304=written(one for one in kept if one[0] not in OF_BODY))


class Reader(NamedTuple):
    """Whose a session is said to be: where that is kept, and where what they may have is."""

    key: Key
    who: Key


def template_name(route: str, manner: str) -> str:
    """Return the name of the head that a route's answers have for requests of this manner."""
    return f"{manner}{route}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Says of a route: its answers are values of `values`, as they are, for whoever `permissions` lets have them.

    `key` names the value for the path's parts and the query, or is None: then the view has to look. `readers` keeps
    whose a session is. `permissions` has a value for each reader's id, of which `admits` says whether the path's
    answer is theirs. All three are judged by their own stamps at every request.
    """

    values: Namespace[Body]
    key: Callable[[At, bytes], Key | None]
    readers: Namespace[int]
    permissions: Namespace[Any]
    admits: Callable[[Any, At], bool]

    def near(self, at: At, key: Key, session: str) -> Body | None:
        """Return the value for a session that may have it, if all is in memory and was looked at lately."""
        reader = known_readers.get(session)
        if reader is None:
            return None
        holder = self.readers.near(reader.key, session=session)
        permission = None if holder is None else self.permissions.near(reader.who)
        if holder is None or permission is None or not self.admits(permission.value, at):
            return None
        entry = self.values.near(key)
        if entry is None or not (is_unmoved(holder.fences) and is_unmoved(permission.fences)):
            return None
        return entry.value  # type: ignore[no-any-return]

    async def sought(self, at: At, key: Key, session: str) -> Outcome[Body] | None:
        """Return what `near` could not: a thread asks the shared store. None where Django has to look.

        Only for a session that is known here: not for any cookie.
        """
        reader = known_readers.get(session)
        if reader is None or sessions.get(session, (self.readers.name, reader.key)) is None:
            return None
        return await ask(self._looked_up, reader, at=at, key=key, session=session)

    def know(self, session: str, user_id: int, *, seconds: float) -> None:
        """Keep whose the session is, if all that was read so far to know it is still so. Blocks for a round trip."""
        key = session, user_id
        if self.readers.near(key, session=session) is None:
            reading = Reading(self.readers, key, session)
            if reading.found() is None:
                reading.keep_made(user_id, seconds=seconds, load_seconds=0.0)
        known_readers.put(session, Reader(key, (user_id,)))

    def forget(self, key: Key, user_id: int) -> None:
        """Have the shared store asked by whoever reads the value next."""
        self.values.shelf.drop(key)
        self.permissions.shelf.drop((user_id,))

    def _looked_up(self, reader: Reader, *, at: At, key: Key, session: str) -> Outcome[Body] | None:
        """Look at the reader, then at what they may have, then for the value, and at the first two again after it."""
        holder = _entry(self.readers, reader.key, session)
        permission = None if holder is None else _entry(self.permissions, reader.who)
        if holder is None or permission is None or not self.admits(permission.value, at):
            return None
        found = _sought(self.values, key)
        return found if is_unmoved(holder.fences) and is_unmoved(permission.fences) else None


def _entry(namespace: Namespace[Any], key: Key, session: str | None = None) -> Entry | None:
    """Return the entry that is kept for the key, once the store has said that it is current.

    Where a level of memory is off what lies there may be another than what the store has.
    """
    near = namespace.near(key, session=session)
    if near is not None:
        return near
    reading, found = _looked(namespace, key, session)
    kept = sessions.get(session, (namespace.name, key)) if session is not None else namespace.shelf.entries.get(key)
    return kept if found is not None and kept is not None and reading.fence.covers(kept.stamps) else None


def _sought(namespace: Namespace[Any], key: Key) -> Outcome[Any] | None:
    """Return what some level has."""
    near = namespace.near(key)
    return _looked(namespace, key, None)[1] if near is None else Outcome(near.value, "L1")


def _looked(namespace: Namespace[Any], key: Key, session: str | None) -> tuple[Reading, Outcome[Any] | None]:
    """Look into the shared store. What is not found is a read for whoever loads it, and none here."""
    reading = Reading(namespace, key, session)
    found = reading.looked_for()
    if found is not None:
        reading.observe()
    return reading, found


templates: Directory[Template] = Directory()
known_readers: Directory[Reader] = Directory()
