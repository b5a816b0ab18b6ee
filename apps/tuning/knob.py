"""What a policy says about one of its values, beside its type and default."""

from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")
METADATA = "knob"


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """Unit, bounds and the words staff read; for texts the bounds are lengths in characters."""

    unit: str
    minimum: float | None
    maximum: float | None
    group: str
    help: str
    effect: str


def knob(
    default: T,
    *,
    help: str,  # noqa: A002  (the word everybody expects here)
    effect: str,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    group: str = "General",
) -> T:
    """Return the field of a policy. `help` says what it does, `effect` when a change acts."""
    told = Knob(unit=unit, minimum=minimum, maximum=maximum, group=group, help=help, effect=effect)
    made: Any = field(default=default, metadata={METADATA: told})
    return made  # type: ignore[no-any-return]
