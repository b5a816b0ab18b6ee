"""Scopes and tables for tests: each its own, ended with the test."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.deduplication.audit.ring import Ring
from apps.deduplication.flights import scope as scope_module
from apps.deduplication.flights.guarantee import Guarantee
from apps.deduplication.flights.memory import MemoryStore
from apps.deduplication.flights.scope import Scope
from apps.deduplication.flights.table import Table
from apps.tuning.registry import withdraw


@pytest.fixture
def scope() -> Iterator[Scope]:
    """A scope with the usual policy."""
    yield Scope(name="test", title="Test")
    withdraw("flights_test")
    del scope_module._scopes["test"]


@pytest.fixture
def make_table() -> Iterator[Callable[..., Table]]:
    """Make tables over a store, one in memory when none is given."""
    made: list[Table] = []

    def make(store: Any = None) -> Table:
        chosen = store or MemoryStore(time.monotonic)
        made.append(Table(chosen, guarantee=Guarantee(), ring=Ring()))
        return made[-1]

    yield make
    for table in made:
        table.stop()


@pytest.fixture
def table(make_table: Callable[..., Table]) -> Table:
    """A table of its own store."""
    return make_table()
