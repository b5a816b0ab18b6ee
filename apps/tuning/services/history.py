"""How a policy came to be what it is."""

from dataclasses import dataclass
from itertools import pairwise

from apps.tuning.declaration import values_of
from apps.tuning.difference import Difference, differences
from apps.tuning.registry import handle_of
from apps.tuning.revisions import Revision, revisions_before

PAGE_REVISIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A revision and what it changed, compared with the one before it; the first, with the defaults of today."""

    revision: Revision
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A page of steps, the latest first; `next_before` is where the next page begins."""

    steps: tuple[Step, ...]
    next_before: int | None


def history(*, name: str, before: int | None = None, limit: int = PAGE_REVISIONS) -> History:
    """Return the revisions below the number `before`, or the latest. One query. Raises UnknownPolicyError."""
    handle = handle_of(name)
    rows = revisions_before(name, before=before, limit=limit + 1)
    steps = [Step(revision=row, differences=differences(prior.values, row.values)) for row, prior in pairwise(rows)]
    if rows and rows[-1].number == 1 and len(rows) <= limit:
        changed = differences(values_of(handle.default), rows[-1].values)
        steps.append(Step(revision=rows[-1], differences=changed))
    return History(steps=tuple(steps), next_before=steps[-1].revision.number if len(rows) > limit else None)
