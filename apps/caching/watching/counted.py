"""What was counted of a namespace: by one process, or by several together."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from apps.caching.sessions import Held

if TYPE_CHECKING:
    from apps.caching.namespace import Namespace

TALLIED = ("l1", "l2", "l3", "stale", "fills", "loads", "failures", "load_seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The counters of `Tally`, and what memory holds."""

    l1: int = 0
    l2: int = 0
    l3: int = 0
    stale: int = 0
    fills: int = 0
    loads: int = 0
    failures: int = 0
    load_seconds: float = 0.0
    l1_bytes: int = 0
    l1_entries: int = 0
    l1_evictions: int = 0
    l2_bytes: int = 0
    l2_entries: int = 0
    misses: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, namespace: "Namespace[Any]", held: Held) -> "Counted":
        """Return what this process counted so far; `held` is what its sessions hold of the namespace."""
        tally, shelf = namespace.tally, namespace.shelf
        return cls(
            **{name: getattr(tally, name) for name in TALLIED},
            l1_bytes=shelf.bytes,
            l1_entries=len(shelf.entries),
            l1_evictions=shelf.evictions,
            l2_bytes=held.bytes,
            l2_entries=held.entries,
            misses=dict(tally.misses),
            refusals=dict(tally.refusals),
        )

    @classmethod
    def total(cls, parts: Iterable["Counted"]) -> "Counted":
        """Return the sum."""
        rows = list(parts)
        numbers: dict[str, Any] = {
            one.name: sum(getattr(row, one.name) for row in rows)
            for one in fields(cls)
            if one.name not in {"misses", "refusals"}
        }
        misses: Counter[str] = sum((Counter(row.misses) for row in rows), Counter())
        refusals: Counter[str] = sum((Counter(row.refusals) for row in rows), Counter())
        return cls(**numbers, misses=dict(misses), refusals=dict(refusals))

    @property
    def reads(self) -> int:
        """How many reads there were."""
        return self.l1 + self.l2 + self.l3 + self.stale + sum(self.misses.values())

    @property
    def hit_percent(self) -> float:
        """The share of reads that some level answered."""
        return 100 * (self.l1 + self.l2 + self.l3) / (self.reads or 1)

    @property
    def l1_percent(self) -> float:
        """The share of level 1 in all reads."""
        return 100 * self.l1 / (self.reads or 1)

    @property
    def l2_percent(self) -> float:
        """The share of level 2 in all reads."""
        return 100 * self.l2 / (self.reads or 1)

    @property
    def l3_percent(self) -> float:
        """The share of level 3 in all reads."""
        return 100 * self.l3 / (self.reads or 1)

    @property
    def load_milliseconds(self) -> float:
        """How long a load takes, on average."""
        return 1000 * self.load_seconds / (self.loads or 1)

    @property
    def named_misses(self) -> list[tuple[str, int]]:
        """The causes of misses that occurred, most frequent first."""
        return _named(self.misses)

    @property
    def named_refusals(self) -> list[tuple[str, int]]:
        """The reasons why something was not kept, most frequent first."""
        return _named(self.refusals)


def _named(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(((name, count) for name, count in counts.items() if count), key=lambda one: (-one[1], one[0]))
