"""What requests ask for, and where that is: in one copy for all readers, or in one of the caller's own."""

from typing import Any, TypeAlias

from apps.caching.http.answer import StoredAnswer
from apps.caching.http.directory import Target, directory
from apps.caching.http.plan import Route
from apps.caching.http.request import Asked, Caller
from apps.caching.http.shared import SharedAnswer, template_name, templates
from apps.caching.keys import Key
from apps.tuning.handle import Handle

Answer: TypeAlias = StoredAnswer | SharedAnswer
Policies: TypeAlias = tuple[tuple[Handle[Any], object], ...]


class Wanted:
    """What a request asks for, whoever sends it: where to look is found once, as long as policies stay as they are."""

    __slots__ = ("_key", "_query", "_seen", "_template", "_what", "route")

    def __init__(self, what: Asked, route: Route, query: bytes) -> None:
        self.route, self._what, self._query = route, what.what, query
        self._template = template_name(route.name, what.manner)
        self._seen: Policies | None = None
        self._key: Key | None = None

    def near(self, caller: Caller) -> Answer | None:
        """Return what may be given out at once. Never blocks."""
        key, plan = self.key(), self.route.plan
        if key is None or plan.shared is None:
            target = self._own(caller)
            return None if target is None else target.near()
        template = templates.get(self._template)
        body = None if template is None else plan.shared.near(self.route.at, key, caller.session)
        return None if body is None or template is None else SharedAnswer(template, body, "L1")

    async def sought(self, caller: Caller) -> Answer | None:
        """Return what the shared store has, or confirms. Waits for a round trip or three, if at all."""
        key, plan = self.key(), self.route.plan
        if key is None or plan.shared is None:
            target = self._own(caller)
            return None if target is None else await target.confirmed()
        template = templates.get(self._template)
        found = None if template is None else await plan.shared.sought(self.route.at, key, caller.session)
        if found is None or template is None:
            return None
        self.route.tally.confirmed += 1
        return SharedAnswer(template, found.value, found.level)

    def key(self) -> Key | None:
        """Return the shared answer's key, None where each session has its own."""
        for handle, seen in self._seen or ():
            if handle.current is not seen:
                self._seen = None
        if self._seen is None:
            plan = self.route.plan
            self._seen = plan.seen()
            self._key = plan.shared.key(self.route.at, self._query) if plan.shared else None
        return self._key

    def _own(self, caller: Caller) -> Target | None:
        return directory.get(caller.name_of(self._what, cookies=self.route.plan.cookies))
