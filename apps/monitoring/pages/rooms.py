"""The pages there are, in the order of the navigation."""

from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One page: its part of the address, empty for the first, and its name."""

    slug: str
    title: str

    @property
    def path(self) -> str:
        """Where it is."""
        return reverse("performance", args=(self.slug,)) if self.slug else reverse("performance_overview")


ROOMS = (
    Room(slug="", title="Overview"),
    Room(slug="cache", title="Cache"),
    Room(slug="deduplication", title="Deduplication"),
    Room(slug="resilience", title="Resilience"),
    Room(slug="traces", title="Traces"),
    Room(slug="queries", title="Queries"),
    Room(slug="queues", title="Queues"),
    Room(slug="browser", title="Browser"),
    Room(slug="alerts", title="Alerts"),
    Room(slug="events", title="Events"),
    Room(slug="audit", title="Audit"),
)
_by_slug = {room.slug: room for room in ROOMS}


def room(slug: str) -> Room:
    """Return a page by its part of the address; raise KeyError for another."""
    return _by_slug[slug]
