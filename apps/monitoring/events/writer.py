"""Hears what happens in this process and writes it down, in a thread of its own: signals come from the hot path."""

from collections.abc import Callable
from functools import partial

from django.conf import settings

from apps.monitoring.events.book import write
from apps.monitoring.events.happening import Happening
from apps.monitoring.events.sources import Ears
from apps.monitoring.live.announcing import announce
from apps.monitoring.models import Event
from apps.monitoring.spool import Spool

WAITING = 200
KIND = "events"


class EventWriter:
    """Lives as long as the process. What the database does not take is dropped and counted, by `drop`."""

    def __init__(self, drop: Callable[[str, int], None]) -> None:
        self._spool: Spool[Happening] = Spool(KIND, _keep_all, partial(drop, KIND), waiting=WAITING)
        self._ears = Ears(self.tell)

    def start(self) -> None:
        """Begin, with the version that runs now; does not block."""
        self.tell(deployed())
        self._ears.open()
        self._spool.start()

    def stop(self) -> None:
        """Write what waits and end; blocks for three seconds at most."""
        self._ears.close()
        self._spool.stop()

    def tell(self, happening: Happening) -> None:
        """Queue what happened. For any thread; does not block."""
        self._spool.put(happening)


def _keep_all(happenings: list[Happening]) -> None:
    for happening in happenings:
        _keep(happening)


def _keep(happening: Happening) -> None:
    """Write it and, where it is news, show it to whoever watches."""
    if write(happening):
        announce(
            {
                "at": happening.at,
                "kind": happening.kind,
                "title": happening.title,
                "detail": happening.detail,
                "link": happening.link,
            }
        )


def deployed() -> Happening:
    """Return that this version runs: news where another one ran before."""
    return Happening(
        kind=Event.Kind.DEPLOY,
        subject="version",
        state=settings.VERSION,
        title=f"Version {settings.VERSION} runs",
        detail="The first process of this version has started.",
    )
