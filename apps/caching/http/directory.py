"""Where this process keeps the answers that were asked for lately."""

from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar

from apps.caching.http.answer import StoredAnswer
from apps.caching.http.counts import RouteTally
from apps.caching.keys import Key
from apps.caching.namespace import Namespace
from apps.caching.sessions import sessions
from apps.tuning.handle import Handle

LIMIT = 10_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An answer's place in its namespace, the session whose it is, and the policies it was made under."""

    namespace: Namespace[StoredAnswer]
    key: Key
    session: str
    policies: tuple[tuple[Handle[Any], object], ...]
    tally: RouteTally

    def near(self) -> StoredAnswer | None:
        """Return the answer if it may be given out without asking anybody. Never blocks."""
        for handle, seen in self.policies:
            if handle.current is not seen:
                return None
        entry = self.namespace.near(self.key, session=self.session)
        return None if entry is None else entry.value

    async def confirmed(self) -> StoredAnswer | None:
        """Return the answer if it is here, and the shared store says that it is still current."""
        if sessions.get(self.session, (self.namespace.name, self.key)) is None:
            return None
        if any(handle.current is not seen for handle, seen in self.policies):
            return None
        outcome = await self.namespace.get_async(self.key, session=self.session)
        if outcome is None:
            return None
        self.tally.confirmed += 1
        return outcome.value


class Directory(Generic[T]):
    """What is known by a name. It only says where to look; what is there is judged each time."""

    def __init__(self) -> None:
        self._targets: dict[str, T] = {}
        self._lock = Lock()

    def get(self, name: str) -> T | None:
        """Return what is known, if anything."""
        return self._targets.get(name)

    def put(self, name: str, target: T) -> None:
        """Remember it; what was remembered first is forgotten first."""
        with self._lock:
            self._targets.pop(name, None)
            self._targets[name] = target
            while len(self._targets) > LIMIT:
                self._targets.pop(next(iter(self._targets)))

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._targets.clear()


directory: Directory[Target] = Directory()
