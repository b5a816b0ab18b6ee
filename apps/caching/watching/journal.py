"""What the auditor found, in the database: with all that the process knew of the entry."""

import time
from collections import deque
from datetime import UTC, datetime, timedelta

from apps.caching.models import FreshnessViolation
from apps.caching.stores.store import Answer
from apps.caching.watching.look import Seen

History = deque[tuple[float, str, tuple[str, ...]]]  # when, by whom, which tags
KEPT = timedelta(days=30)
_clock = time.monotonic


def write(
    seen: Seen, *, level: str, why: str, tag: str, seconds: float, origin: str, answer: Answer, history: History
) -> None:
    """Keep a finding, and forget those of a month ago. Two statements; raises DatabaseError."""
    FreshnessViolation.objects.filter(found_at__lt=datetime.now(UTC) - KEPT).delete()
    FreshnessViolation.objects.create(
        namespace=seen.namespace.name,
        digest=seen.namespace.place(seen.key).digest,
        level=level,
        origin=origin,
        tag=tag,
        why=why,
        seconds=round(seconds, 3),
        age_seconds=round(_clock() - seen.entry.loaded_at, 3),
        history=_steps(seen, answer, history),
    )


def violations_since(moment: datetime) -> int:
    """Return how many findings there are since a moment, of all processes. One query."""
    return FreshnessViolation.objects.filter(found_at__gte=moment).count()


def _steps(seen: Seen, answer: Answer, history: History) -> list[tuple[float, str]]:
    """Return what happened to the entry, with seconds before now, the oldest first."""
    entry, now = seen.entry, _clock()
    names = {tag.name for tag, _ in entry.fences}
    steps = [
        (entry.loaded_at, "loaded"),
        (entry.kept_at, f"kept at {seen.level} under {_shown(entry.stamps)}"),
        (entry.stored_at, "its stamps were looked at last"),
        (now, f"the store has {_shown(answer.stamps or ())}"),
    ]
    heard = [(when, f"{', '.join(touched)} invalidated by {by}") for when, by, touched in list(history)
             if names.intersection(touched)]  # fmt: skip
    return [(round(when - now, 3), what) for when, what in sorted([*steps, *heard])]


def _shown(stamps: tuple[bytes, ...]) -> str:
    return " ".join(stamp.decode(errors="replace") for stamp in stamps) or "nothing"
