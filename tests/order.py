"""In which order tests run: those that start servers first, what is quick last, where idle processes can steal it."""

from collections.abc import Sequence
from itertools import islice

import pytest

SLOW = ("tests/e2e/", "tests/stack/")


def workers(config: pytest.Config) -> int:
    """Return how many test processes share the tests."""
    return int(getattr(config, "workerinput", {}).get("workercount", 1))


def arranged(items: Sequence[pytest.Item], *, shares: int) -> list[pytest.Item]:
    """Return the tests so that each slow room is at the start of a share of its own, as far as there are shares.

    xdist deals out equal shares, then lets who is idle steal from their ends: quick tests balance the processes, while
    a room in two of them would start its servers twice.
    """
    quick = iter([item for item in items if not item.nodeid.startswith(SLOW)])
    ordered: list[pytest.Item] = []
    for number, room in enumerate(SLOW, 1):
        ordered += [item for item in items if item.nodeid.startswith(room)]
        ordered += islice(quick, max(0, number * len(items) // shares - len(ordered)))
    return [*ordered, *quick]
