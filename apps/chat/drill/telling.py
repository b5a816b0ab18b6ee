"""A drill's outcome in words and a small table, for somebody who sees one for the first time."""

from collections.abc import Iterator

from apps.chat.drill.course import Outcome
from apps.chat.drill.record import Figures

COLUMNS = ("seconds", "requests", "answered", "slowest", "degraded")


def told(outcome: Outcome) -> Iterator[str]:
    """Yield the lines."""
    yield f"{'':8}" + "".join(f"{column:>10}" for column in COLUMNS)
    for name, part in outcome.parts.items():
        yield f"{name:8}" + "".join(f"{value:>10}" for value in values(part))
    yield ""
    record = outcome.record
    if record.questions:
        longest = f", the slowest answer after {max(record.waits):.1f} s" if record.waits else ""
        yield f"The assistant was asked {record.questions} times and answered {len(record.waits)} times{longest}."
    for words, times in record.words.most_common():
        yield f"Users read {times} times: {words}"
    if not record.words:
        yield "Users read nothing of it."
    for complaint in outcome.complaints:
        yield f"Not held: {complaint}"
    if not outcome.complaints:
        yield "Held: everybody was answered, and all is well again."


def values(part: Figures) -> tuple[str, ...]:
    """Return a row of the table."""
    slowest = f"{part.slowest_seconds * 1000:.0f} ms"
    return f"{part.seconds:.1f}", str(part.requests), str(part.answered), slowest, f"{part.degraded_seconds:.1f} s"
