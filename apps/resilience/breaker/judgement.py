"""What an exception or a result says about the dependency: a failure, or nothing."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

Exclusion = type[BaseException] | Callable[[Any], bool]
Predicate = Callable[[Any], bool]


class Judgement:
    """Types and predicates of one breaker. Cancellation and the end of the process are never its failures."""

    __slots__ = ("_predicates", "_types", "exclusions", "is_bad_result")

    def __init__(self, *, exclusions: Iterable[Exclusion] = (), is_bad_result: Predicate | None = None) -> None:
        self.is_bad_result = is_bad_result
        self.exclusions: tuple[Exclusion, ...] = tuple(exclusions)
        self._sort()

    def exclude(self, exclusion: Exclusion) -> None:
        """Count errors of the type, or for which the predicate holds, as nothing."""
        self.exclusions = (*self.exclusions, exclusion)
        self._sort()

    def include(self, exclusion: Exclusion) -> None:
        """Take an exclusion back; raise ValueError for one that is not there."""
        kept = list(self.exclusions)
        kept.remove(exclusion)
        self.exclusions = tuple(kept)
        self._sort()

    def is_failure(self, error: BaseException) -> bool:
        """Return whether the error counts against the dependency."""
        if not isinstance(error, Exception) or isinstance(error, (asyncio.CancelledError, *self._types)):
            return False
        return not any(predicate(error) for predicate in self._predicates)

    def _sort(self) -> None:
        self._types = tuple(one for one in self.exclusions if isinstance(one, type))
        self._predicates = tuple(one for one in self.exclusions if not isinstance(one, type))
