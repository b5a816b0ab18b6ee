"""Who may watch: staff, for as long as they are signed in and staff. The chat's sessions, asked again and again."""

import logging
from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db import DatabaseError

from apps.backplane.envelope import Envelope
from apps.chat.live.desk import Desk
from apps.chat.live.session import Identity, identities
from apps.monitoring.live.limits import FORBIDDEN, SIGNED_OUT, UNAVAILABLE
from apps.monitoring.live.watcher import Watcher

logger = logging.getLogger(__name__)
ATTEMPTS = 5


class Standing(dict[str, tuple[Identity, bool]]):
    """Sessions that are good, by their keys: whose they are, and whether that is staff."""


def standing(session_keys: Collection[str]) -> Standing:
    """Return who the sessions belong to. Three queries."""
    found = identities(session_keys)
    users: Any = get_user_model().objects.filter(pk__in={one.user_id for one in found.values()}, is_staff=True)
    staff = set(users.values_list("pk", flat=True))
    return Standing({key: (one, one.user_id in staff) for key, one in found.items()})


class Staff:
    """Lets watchers in, and ends those who are no longer to watch. Lives on the event loop."""

    def __init__(self, desk: Desk, watchers: Callable[[], Iterable[Watcher]]) -> None:
        self._desk, self._watchers = desk, watchers
        self._changes = 0

    async def admitted(self, session_key: str) -> Identity | tuple[int, str]:
        """Return whose session it is, or why it may not watch: a code and a reason. Raises DatabaseError."""
        for _ in range(ATTEMPTS):  # after that many changes of rights meanwhile, the next check has to do
            asked = self._changes
            found = (await self._desk.ask(standing, [session_key])).get(session_key)
            if asked == self._changes:
                break
        if found is None:
            return SIGNED_OUT, "Sign in first."
        return refusal(found) or found[0]

    async def check(self, *, is_urgent: bool = False) -> None:
        """Ask about all who watch. With the database away they go on watching, but for what is urgent."""
        watchers = list(self._watchers())
        if not watchers:
            return
        try:
            found = await self._desk.ask(standing, {watcher.session_key for watcher in watchers})
        except DatabaseError as error:
            logger.warning("Who watches cannot be looked after: %s", error)
            for watcher in watchers if is_urgent else ():
                watcher.end(UNAVAILABLE, "The database does not answer.")
            return
        for watcher in watchers:
            if refused := refusal(found.get(watcher.session_key), user_id=watcher.user_id):
                watcher.end(*refused)

    def hear(self, envelope: Envelope) -> bool:
        """Hear of a change of rights: end the sockets of a session that is over; return whether to ask about others."""
        self._changes += 1
        digest, user = envelope.payload.get("session"), envelope.payload.get("user")
        for watcher in self._watchers():
            if digest and watcher.digest == digest:
                watcher.end(SIGNED_OUT, "You are signed out.")
        is_about_account = user is not None and envelope.payload.get("conversation") is None
        return is_about_account and any(watcher.user_id == user for watcher in self._watchers())


def refusal(found: tuple[Identity, bool] | None, *, user_id: int | None = None) -> tuple[int, str] | None:
    """Return why a session may not watch, None where it may."""
    if found is None or user_id not in {None, found[0].user_id}:
        return SIGNED_OUT, "The session is over."
    return None if found[1] else (FORBIDDEN, "For staff only.")
