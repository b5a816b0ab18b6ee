"""When an alert is raised, repeated and over: a state machine without clock or store.

A rule has to be broken for a while before anybody is told, and kept for as long before it is over: what comes and goes
faster than that is told once, or not at all.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

GAP_SECONDS = 120.0  # what nobody looked at for longer than this cannot be said to have lasted


class State(StrEnum):
    """Where an alert stands. `clearing`: raised, and the rule is kept again, though not for long enough."""

    CALM = "calm"
    PENDING = "pending"
    RAISED = "raised"
    CLEARING = "clearing"


class Event(StrEnum):
    """What is to be told."""

    RAISED = "raised"
    REPEATED = "repeated"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long a rule has to be broken, or kept, to count; how often is told what lasts, 0 for once."""

    for_seconds: float
    repeat_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What is known of an alert: its state and since when, who looked last, and when it was told last, if ever."""

    state: State = State.CALM
    since: float = 0.0
    seen_at: float = 0.0
    told_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at the rule. Who silenced it hears nothing; who acknowledged it hears of its end."""

    is_broken: bool
    at: float
    is_silenced: bool = False
    is_acknowledged: bool = False


def step(course: Course, look: Look, terms: Terms) -> tuple[Course, Event | None]:
    """Return the course after the look, and what is to be told; a look no later than the last changes nothing."""
    if course.seen_at and look.at <= course.seen_at:
        return course, None
    moved = replace(_moved(course, look, terms), seen_at=look.at)
    if moved.state is State.CALM:
        is_told = course.told_at is not None and not look.is_silenced
        return replace(moved, told_at=None), Event.RESOLVED if is_told else None
    event = _told(moved, look, terms) if moved.state is State.RAISED else None
    return (replace(moved, told_at=look.at) if event else moved), event


def _moved(course: Course, look: Look, terms: Terms) -> Course:
    """Return the course with the state that follows."""
    is_active = course.state in {State.RAISED, State.CLEARING}
    waiting, settled = (State.CLEARING, State.CALM) if is_active else (State.PENDING, State.RAISED)
    is_leaving = look.is_broken is not is_active
    if not is_leaving:
        home = State.RAISED if is_active else State.CALM
        return course if course.state is home else replace(course, state=home, since=look.at)
    is_watched = course.state is waiting and look.at - course.seen_at <= GAP_SECONDS
    begun = course if is_watched else replace(course, state=waiting, since=look.at)
    if look.at - begun.since >= terms.for_seconds:
        return replace(begun, state=settled, since=look.at)
    return begun


def _told(course: Course, look: Look, terms: Terms) -> Event | None:
    if look.is_silenced:
        return None
    if course.told_at is None:
        return Event.RAISED
    is_due = bool(terms.repeat_seconds) and look.at - course.told_at >= terms.repeat_seconds
    return Event.REPEATED if is_due and not look.is_acknowledged else None
