"""Follow the policies in this process, and see who else does."""

import os
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from django.utils import timezone

from apps.backplane.current import bus
from apps.tuning.follower import FORGOTTEN_AFTER, Follower
from apps.tuning.models import PolicyFollower

_lock = Lock()
_followers: dict[int, Follower] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """A process, the revision of the site it obeys, and when it last said so."""

    origin: str
    revision: int
    seen_at: datetime


def follow() -> None:
    """Load the policies and obey them from now on; once per process, again after a fork. Blocks for a few queries,
    which a thread of its own runs.

    For processes that live long. A command that reads policies calls `current.refresh` instead; without either the
    defaults hold.
    """
    pid = os.getpid()
    with _lock:
        if pid in _followers:
            return
        _followers.clear()
        _followers[pid] = Follower(bus())
        _followers[pid].start()


def stop_following() -> None:
    """End it; what was loaded last holds. Blocks for two seconds at most."""
    with _lock:
        if stopped := _followers.pop(os.getpid(), None):
            stopped.stop()


class Policies:
    """The following as a part of the server, started and stopped with it."""

    def start(self) -> None:
        """Follow."""
        follow()

    def stop(self) -> None:
        """End it."""
        stop_following()


def following() -> list[Following]:
    """Return the processes that follow, by name. One query."""
    rows = PolicyFollower.objects.filter(seen_at__gte=timezone.now() - FORGOTTEN_AFTER).order_by("origin")
    return [Following(origin=row.origin, revision=row.revision, seen_at=row.seen_at) for row in rows]
