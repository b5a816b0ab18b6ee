"""What the caches of all processes counted, asked over the bus."""

from base64 import b64decode
from dataclasses import dataclass, field
from typing import Any

from apps.backplane.bus import Bus
from apps.backplane.census import ANSWER_SECONDS, answers
from apps.caching.prediction.curve import Curve
from apps.caching.prediction.merge import merged
from apps.caching.statistics import Freshness
from apps.caching.watching.counted import Counted
from apps.caching.watching.reporter import ASK, PLAY, RECORDED, TELL

STORES = {"RedisStore": "Redis", "DatabaseStore": "the database"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one process told. `lost` is why its store is not trusted now."""

    store: str
    lost: str
    sessions: int
    l2_bytes: int
    l2_evictions: int
    invalidations: dict[str, int]
    freshness: Freshness
    namespaces: dict[str, Counted]
    observed: dict[str, dict[str, Any]] = field(repr=False)

    @property
    def keeper(self) -> str:
        """What keeps level 3, in words."""
        return STORES.get(self.store, self.store)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What every process that answered told, by its name."""

    processes: dict[str, Told]

    def of(self, namespace: str) -> dict[str, Counted]:
        """Return what each process counted of a namespace, by its name."""
        return {
            origin: told.namespaces[namespace]
            for origin, told in self.processes.items()
            if namespace in told.namespaces
        }

    def total(self, namespace: str) -> Counted:
        """Return what all of them counted together."""
        return Counted.total(self.of(namespace).values())

    def curve(self, namespace: str) -> Curve | None:
        """Return what TTLs would bring; None where nothing was read. Raises SnapshotError between two versions."""
        return merged(told.observed[namespace] for told in self.processes.values() if namespace in told.observed)

    @property
    def freshness(self) -> Freshness:
        """What the auditors of all processes counted."""
        parts = [told.freshness for told in self.processes.values()]
        return Freshness(checks=sum(one.checks for one in parts), violations=sum(one.violations for one in parts))


def survey(bus: Bus, *, wait_seconds: float = ANSWER_SECONDS) -> Survey:
    """Ask every process. Blocks until all have answered, or for the wait."""
    found = answers(bus, ask=ASK, tell=TELL, wait_seconds=wait_seconds)
    return Survey(processes={origin: _told(answer) for origin, answer in found.items()})


def recordings(bus: Bus, namespace: str, *, wait_seconds: float = ANSWER_SECONDS) -> list[bytes]:
    """Return the latest reads of a namespace as every process recorded them. Blocks as `survey` does."""
    found = answers(bus, ask=PLAY, tell=RECORDED, about=namespace, wait_seconds=wait_seconds)
    return [b64decode(one) for answer in found.values() for one in answer["recordings"]]


def _told(answer: dict[str, Any]) -> Told:
    parts = {name: value for name, value in answer.items() if name != "question"}
    counted = {name: Counted(**one) for name, one in parts.pop("namespaces").items()}
    return Told(namespaces=counted, freshness=Freshness(**parts.pop("freshness")), **parts)
