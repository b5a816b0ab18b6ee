"""Django's sessions in the database, read through the cache (SESSION_ENGINE)."""

import json
import time
from typing import Any

import msgspec
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.db import transaction

from apps.caching.namespace import Namespace
from apps.caching.policy import AT_ONCE, BOUNDS, LIFE, CachePolicy
from apps.caching.session_name import SESSION, digest_of
from apps.caching.sessions import end_session
from apps.caching.transactions import invalidate
from apps.tuning.declaration import policy
from apps.tuning.knob import knob


@policy
class SessionsPolicy(CachePolicy):
    """How long sessions are kept, beside the database."""

    negative_seconds: float = knob(
        0.0, unit="seconds", minimum=0, maximum=3_600, group=LIFE, effect=AT_ONCE,
        help="How long it is remembered that there is no such session. 0: strangers' cookies take no memory.",
    )  # fmt: skip
    is_sensitive: bool = knob(
        default=True, group=BOUNDS, effect="At once; entries of the other kind are refused.",
        help="Whether sessions are encrypted in the shared store. They are always authenticated.",
    )  # fmt: skip


class SessionRow(msgspec.Struct, frozen=True):
    """A session's content as JSON, its signature checked, and when it ends, in seconds since 1970."""

    content: bytes
    expires_at: float


SESSIONS: Namespace[SessionRow | None] = Namespace(
    "session.rows",
    title="Cache: sessions",
    value=SessionRow,
    tags=lambda key: (SESSION.of(key[0]),),
    policy=SessionsPolicy,
)


class SessionStore(DatabaseSessions):
    """What Django does, and no query for a session that was read lately. `expires_at` is set once it was read."""

    expires_at = 0.0

    @classmethod
    def get_model_class(cls) -> Any:
        """Return Django's own model."""
        return DatabaseSessions.get_model_class()

    def load(self) -> dict[str, Any]:
        """Return what the session holds, nothing for one that is over. Blocks for a query at most, mostly not."""
        row = self._row(digest_of(self.session_key)) if self.session_key else None
        if row is None or row.expires_at <= time.time():
            self._session_key = None
            return {}
        self.expires_at = row.expires_at
        content: dict[str, Any] = json.loads(row.content)
        return content

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002  (Django's signature)
        """Save as Django does, and let what was made for the session as it was be current no more."""
        if must_create or self.session_key is None:
            super().save(must_create)
            return
        with transaction.atomic():
            invalidate(SESSION.of(digest_of(self.session_key)))
            super().save(must_create)

    def delete(self, session_key: str | None = None) -> None:
        """End the session, and forget all that it has read, in every process."""
        key = session_key or self.session_key
        if key is None:
            return
        name = digest_of(key)
        with transaction.atomic():
            invalidate(SESSION.of(name))
            super().delete(key)
        end_session(name)

    def _row(self, name: str) -> SessionRow | None:
        return SESSIONS.get_or_load((name,), self._read, session=name)

    def _read(self) -> SessionRow | None:
        found = self._get_session_from_db()  # type: ignore[attr-defined]  # the stubs leave it out
        if found is None:
            return None
        content = json.dumps(self.decode(found.session_data)).encode()
        return SessionRow(content=content, expires_at=found.expire_date.timestamp())
