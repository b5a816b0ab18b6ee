"""The three words of health, after draft-inadarei-api-health-check."""

from collections.abc import Iterable
from enum import StrEnum


class Status(StrEnum):
    """`warn`: the site works and promises less. `fail`: it cannot do its work."""

    PASS = "pass"  # noqa: S105  (no password)
    WARN = "warn"
    FAIL = "fail"


ORDER = (Status.PASS, Status.WARN, Status.FAIL)


def worst(statuses: Iterable[Status]) -> Status:
    """Return the worst of all, PASS of none."""
    return max(statuses, key=ORDER.index, default=Status.PASS)
