"""A conversation's live readers in this process: who gets which change, and when the database must be asked.

No clock, no lock, no I/O. Changes are numbered 1, 2, 3 … in the order of their commits, so that whoever knows a number
knows what is missing before it. A page read from the database holds the messages whose last change is newer than some
number; a change that was overtaken by a later one of the same message does not show: holes in a page mean nothing.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from apps.chat.live.frames import Frame
from apps.chat.live.limits import AHEAD_MAX_EVENTS, PENDING_MAX_EVENTS

Guest = TypeVar("Guest", bound=Hashable)


class Event(NamedTuple):
    """A message as it is since the change with this number."""

    number: int
    frame: Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the database holds of changes after a number: all up to `number`, or, when not `is_whole`, too many."""

    events: tuple[Event, ...]
    number: int
    is_whole: bool = True


class Delivery(NamedTuple, Generic[Guest]):
    """Send these, in this order."""

    events: tuple[Event, ...]
    to: tuple[Guest, ...]


class Reset(NamedTuple, Generic[Guest]):
    """Tell them to read the conversation anew; what follows begins after the number."""

    number: int
    to: tuple[Guest, ...]


Decision = Delivery[Guest] | Reset[Guest]


@dataclass(slots=True)
class Seat:
    """A guest who gets nothing for now: on the way in, or held back while their right to be here is checked.

    What is passed on meanwhile is kept; it follows on `floor`, so a page that ends before that is of no use.
    """

    after: int
    floor: int = 0
    is_held: bool = False
    pending: list[Event] = field(default_factory=list)
    must_reset: bool = False

    def keep(self, events: Iterable[Event]) -> None:
        """Set events aside for later; past the bound only remember that there were too many."""
        self.pending.extend(events)
        if len(self.pending) > PENDING_MAX_EVENTS:
            self.must_reset = True
            self.pending.clear()


class Room(Generic[Guest]):
    """All guests with an open seat have seen everything up to `known`; `known` is None until the first page is read."""

    def __init__(self) -> None:
        self.known: int | None = None
        self._rumoured = 0
        self._open: dict[Guest, None] = {}
        self._closed: dict[Guest, Seat] = {}
        self._ahead: dict[int, Event] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nobody is here."""
        return not self._open and not self._closed

    @property
    def is_behind(self) -> bool:
        """Whether changes exist that did not arrive: the database must be asked for what comes after `known`."""
        return self.known is not None and self._rumoured > self.known

    @property
    def open_guests(self) -> tuple[Guest, ...]:
        """Those who get what happens now."""
        return tuple(self._open)

    def is_open(self, guest: Guest) -> bool:
        """Return whether the guest gets what happens now."""
        return guest in self._open

    def join(self, guest: Guest, *, after: int) -> None:
        """Let a guest wait for the page that begins after the smaller of `after` and `known`."""
        self._open.pop(guest, None)
        self._closed[guest] = Seat(after=after, floor=self.known or 0)

    def is_waiting(self, guest: Guest) -> bool:
        """Return whether the guest joined and has not got a page yet."""
        seat = self._closed.get(guest)
        return seat is not None and not seat.is_held

    def leave(self, guest: Guest) -> None:
        """Forget a guest."""
        self._open.pop(guest, None)
        self._closed.pop(guest, None)

    def hold(self, guest: Guest) -> None:
        """Give the guest nothing until `release`; one who is still on the way in just goes on waiting."""
        if guest in self._open and self.known is not None:
            del self._open[guest]
            self._closed[guest] = Seat(after=self.known, is_held=True)

    def release(self, guest: Guest) -> list[Decision[Guest]]:
        """Give a held guest what came meanwhile, and everything from now on."""
        seat = self._closed.get(guest)
        if seat is None or not seat.is_held:
            return []
        return self._seated(guest, seat, ())

    def reads_after(self, guest: Guest) -> int:
        """Return the number after which the page for a joining guest has to begin."""
        seat = self._closed[guest]
        return seat.after if self.known is None else min(seat.after, self.known)

    def offer(self, event: Event) -> list[Decision[Guest]]:
        """Take a change from the bus: deliver, skip or set aside."""
        if self.known is not None and event.number <= self.known:
            return []
        self._ahead[event.number] = event
        self.notice(event.number)
        decisions = self._advance(())
        if len(self._ahead) > AHEAD_MAX_EVENTS:
            self._ahead.clear()  # they exist, and are read
        return decisions

    def notice(self, number: int) -> None:
        """Learn that a change exists, without its content."""
        self._rumoured = max(self._rumoured, number)

    def admit(self, guest: Guest, page: Page) -> list[Decision[Guest]]:
        """Take the page read for a waiting guest: bring them up to date, and the room where it is behind.

        Whoever still waits afterwards needs another page: this one was older than what the room began with.
        """
        seat = self._closed.get(guest)
        if seat is None or seat.is_held or page.number < seat.floor:
            return []
        if self.known is None:
            self._begin(page.number)
        del self._closed[guest]
        if page.is_whole:
            decisions = self._read_on(page)
        else:  # for a guest who knows more than the room, the page began at `known`: the room itself missed too much
            decisions = self._skip_to(page.number) if seat.after > (self.known or 0) else []
        self.notice(page.number)
        if not page.is_whole or seat.after > page.number:
            seat.must_reset = True
        own = tuple(event for event in page.events if event.number > seat.after)
        seat.pending = [event for event in seat.pending if event.number > page.number]
        decisions += self._seated(guest, seat, own)
        return decisions + self._advance(())

    def read(self, page: Page) -> list[Decision[Guest]]:
        """Take the page read for the room itself."""
        if self.known is None or page.number <= self.known:
            return []
        if page.is_whole:
            return self._read_on(page) + self._advance(())
        return [*self._skip_to(page.number), *self._advance(())]

    def _skip_to(self, number: int) -> list[Decision[Guest]]:
        """Go on after the number, and have everybody read anew what lies before it."""
        self.known = number
        for seat in self._closed.values():
            seat.must_reset = True
        return [Reset(number, self.open_guests)]

    def _begin(self, number: int) -> None:
        self.known = number
        for seat in self._closed.values():
            seat.floor = number

    def _read_on(self, page: Page) -> list[Decision[Guest]]:
        """Pass on what is new in a whole page. It began at `known` or before."""
        assert self.known is not None  # noqa: S101  (both callers have seen to it)
        fresh = tuple(event for event in page.events if event.number > self.known)
        self.known = max(self.known, page.number)
        return self._passed(fresh)

    def _advance(self, fresh: tuple[Event, ...]) -> list[Decision[Guest]]:
        """Pass on what follows `known` without a gap among the events set aside."""
        if self.known is None:
            return []
        for number in [number for number in self._ahead if number <= self.known]:
            del self._ahead[number]
        while event := self._ahead.pop(self.known + 1, None):
            self.known += 1
            fresh = (*fresh, event)
        return self._passed(fresh)

    def _passed(self, fresh: tuple[Event, ...]) -> list[Decision[Guest]]:
        if not fresh:
            return []
        for seat in self._closed.values():
            seat.keep(fresh)
        return [Delivery(fresh, self.open_guests)] if self._open else []

    def _seated(self, guest: Guest, seat: Seat, events: tuple[Event, ...]) -> list[Decision[Guest]]:
        """Open the guest's seat, up to date with the room."""
        assert self.known is not None  # noqa: S101  (nobody is held or admitted before)
        self._closed.pop(guest, None)
        self._open[guest] = None
        if seat.must_reset:
            return [Reset(self.known, (guest,))]
        events = (*events, *seat.pending)
        return [Delivery(events, (guest,))] if events else []
