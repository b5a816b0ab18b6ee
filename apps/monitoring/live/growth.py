"""What one process did in a second, on its way to those who watch."""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any

import msgspec

from apps.monitoring.live.limits import GROWTH_MAX_BYTES
from apps.monitoring.measuring.sheet import Line, Sheet

GROWTH = "monitoring.growth"  # {seconds, sheet}: what the metrics that are watched did in one process
WATCH = "monitoring.watch"  # {metrics}: a process with watchers says so, again and again


class GrowthError(ValueError):
    """The payload is none of ours, or too large to send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """The lines that moved, and in how many seconds."""

    worker: str
    seconds: float
    lines: list[Line]


def encoded(grown: Sheet, seconds: float) -> dict[str, Any]:
    """Return it as the bus carries it; raise GrowthError for more than GROWTH_MAX_BYTES."""
    data = grown.packed()
    if len(data) > GROWTH_MAX_BYTES:
        raise GrowthError(f"{len(data)} bytes are too many for a second.")
    return {"seconds": seconds, "sheet": b64encode(data).decode()}


def decoded(payload: Any) -> Growth:
    """Return what was sent; raise GrowthError for anything else."""
    try:
        sheet, seconds = Sheet.unpacked(b64decode(payload["sheet"])), float(payload["seconds"])
    except (KeyError, TypeError, ValueError, msgspec.MsgspecError) as error:
        raise GrowthError(f"No growth of a process: {error}") from None
    if not seconds > 0:
        raise GrowthError(f"seconds: {seconds} is not above 0.")
    return Growth(worker=sheet.worker, seconds=seconds, lines=sheet.lines)
