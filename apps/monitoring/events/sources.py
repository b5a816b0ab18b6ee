"""Where events come from: the signals of the apps below, each turned into what happened."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.dispatch import Signal
from django.urls import reverse

from apps.backplane.signals import primary_changed
from apps.caching.signals import freshness_violated
from apps.deduplication.signals import duplicate_found, guarantee_lost, guarantee_restored
from apps.monitoring.events.happening import Happening
from apps.monitoring.models import Event
from apps.resilience.signals import breaker_changed

Tell = Callable[[Happening], None]
FLIGHTS = "flights"


def breaker(*, name: str, transition: Any, **_: object) -> Happening:
    """Return what a breaker did."""
    return Happening(
        kind=Event.Kind.BREAKER,
        subject=name,
        state=str(transition.new),
        title=f"Breaker {name}: {transition.old} → {transition.new}",
        detail=transition.reason,
        link=reverse("performance", args=("resilience",)),
    )


def lost(*, reason: str, **_: object) -> Happening:
    """Return that identical work runs once per process only."""
    return Happening(
        kind=Event.Kind.GUARANTEE,
        subject=FLIGHTS,
        state="lost",
        title="Guarantee lost: identical work runs once per process only",
        detail=reason,
        link=reverse("performance", args=("deduplication",)),
    )


def restored(*, lost_seconds: float, **_: object) -> Happening:
    """Return that it runs once among all processes again."""
    return Happening(
        kind=Event.Kind.GUARANTEE,
        subject=FLIGHTS,
        state="kept",
        title="Guarantee restored: identical work runs once among all processes",
        detail=f"It was lost for {lost_seconds:.1f} seconds.",
        link=reverse("performance", args=("deduplication",)),
    )


def stale(*, namespace: str, digest: str, level: str, why: str, **_: object) -> Happening:
    """Return that the auditor found a value that should have been gone."""
    return Happening(
        kind=Event.Kind.FRESHNESS,
        subject=namespace,
        state=digest[:16],
        title=f"Freshness violated: {namespace} at {level}",
        detail=why,
        link=reverse("performance", args=("cache",)),
        is_news=True,
    )


def duplicate(*, count: int, **_: object) -> Happening:
    """Return that the auditor found work that ran twice at once."""
    return Happening(
        kind=Event.Kind.DUPLICATE,
        subject=FLIGHTS,
        state=str(count),
        title=f"Duplicate execution: {count} overlapped another of their key",
        link=reverse("admin:deduplication_flightexecution_changelist") + "?verdict__exact=duplicate",
        is_news=True,
    )


def failover(*, primary: str, before: str, **_: object) -> Happening:
    """Return that another Redis is the primary now."""
    return Happening(
        kind=Event.Kind.FAILOVER,
        subject="redis",
        state=primary,
        title=f"Redis has another primary: {primary}",
        detail=f"It was {before}.",
        link=reverse("performance", args=("resilience",)),
    )


SOURCES: tuple[tuple[Signal, Callable[..., Happening]], ...] = (
    (breaker_changed, breaker),
    (primary_changed, failover),
    (guarantee_lost, lost),
    (guarantee_restored, restored),
    (freshness_violated, stale),
    (duplicate_found, duplicate),
)


class Ears:
    """Hears the signals while it is open, and tells what happened."""

    def __init__(self, tell: Tell) -> None:
        self._receivers = [(signal, partial(_told, tell, turn)) for signal, turn in SOURCES]

    def open(self) -> None:
        """Hear from now on."""
        for signal, receiver in self._receivers:
            signal.connect(receiver, weak=False)

    def close(self) -> None:
        """Hear no more."""
        for signal, receiver in self._receivers:
            signal.disconnect(receiver)


def _told(tell: Tell, turn: Callable[..., Happening], **told: Any) -> None:
    tell(turn(**told))
