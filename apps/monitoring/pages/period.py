"""Which stretch of time a page shows, as its address says it: what is shown can be sent to a colleague."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from django.http import HttpRequest, QueryDict

from apps.monitoring.pages.frame import number_of
from apps.monitoring.snapshots.window import Window
from apps.tuning.log import Search

RANGES = {
    "5m": ("5 min", 300),
    "15m": ("15 min", 900),
    "1h": ("1 h", 3_600),
    "6h": ("6 h", 21_600),
    "24h": ("24 h", 86_400),
    "7d": ("7 d", 604_800),
    "30d": ("30 d", 2_592_000),
    "90d": ("90 d", 7_776_000),
}
USUAL = "15m"
LIVE_SECONDS = 3_600  # what lasts longer does not move while one looks
FIRST, LAST = 10**9, 10**10  # seconds since 1970: 2001 to 2286
KEPT = ("range", "until", "compare")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the ranges, as a link."""

    title: str
    path: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of time: `until` is its end in seconds since 1970, None while it ends now.

    `window` has the points of its charts.
    """

    name: str
    until: int | None
    is_compared: bool
    query: QueryDict
    window: Window

    @classmethod
    def asked(cls, request: HttpRequest) -> Self:
        """Return what the address asks for; what it asks wrongly is as if it were not there."""
        name = request.GET.get("range", "")
        name = name if name in RANGES else USUAL
        until = number_of(request.GET.get("until"))
        until = until if until is not None and FIRST <= until < LAST else None
        return cls(
            name=name,
            until=until,
            is_compared=request.GET.get("compare") == "1",
            query=request.GET,
            window=_window(RANGES[name][1], until),
        )

    @property
    def seconds(self) -> int:
        """How long it is."""
        return RANGES[self.name][1]

    @property
    def title(self) -> str:
        """How long it is, in words."""
        return RANGES[self.name][0]

    @property
    def during(self) -> Search:
        """What happened in it: up to this moment, where it ends now."""
        until = None if self.until is None else datetime.fromtimestamp(self.until, UTC)
        return Search(since=datetime.fromtimestamp(self.window.start, UTC), until=until)

    @property
    def may_be_live(self) -> bool:
        """Whether its charts go on by themselves."""
        return self.until is None and self.seconds <= LIVE_SECONDS

    @property
    def ended_at(self) -> datetime | None:
        """When it ended; None while it ends now."""
        return None if self.until is None else datetime.fromtimestamp(self.until, UTC)

    @property
    def choices(self) -> list[Choice]:
        """The ranges there are."""
        return [
            Choice(title=title, path=self.with_value("range", name), is_current=name == self.name)
            for name, (title, _) in RANGES.items()
        ]

    @property
    def comparing(self) -> str:
        """The address that compares, or no longer does."""
        return self.with_value("compare", "" if self.is_compared else "1")

    @property
    def now(self) -> str:
        """The address of the same range that ends now."""
        return self.with_value("until", "")

    @property
    def kept(self) -> str:
        """What other pages shall be asked for as well."""
        mine = QueryDict(mutable=True)
        for name in KEPT:
            if name in self.query:
                mine[name] = self.query.get(name, "")
        return f"?{mine.urlencode()}" if mine else ""

    def with_value(self, name: str, value: str) -> str:
        """Return the query with one value set, or taken out where it is empty."""
        changed = self.query.copy()
        changed.pop(name, None)
        if value:
            changed[name] = value
        return f"?{changed.urlencode()}"


def _window(seconds: int, until: int | None) -> Window:
    return Window.last(seconds) if until is None else Window.between(until - seconds, until)
