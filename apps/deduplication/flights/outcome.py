"""How a flight ends, and its form on the way to other callers and processes."""

from dataclasses import dataclass
from enum import Enum

from apps.deduplication.flights import errors


class Kind(Enum):
    """Who may have the outcome."""

    VALUE = "value"
    ERROR = "error"
    ALONE = "alone"  # for the caller whose work it was; the others take turns
    LOST = "lost"  # cancelled or torn down: neither value nor error for anybody else


class OutcomeError(ValueError):
    """The bytes are no outcome."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the work returned or raised. A value is bytes: the same here as elsewhere, and nobody can change it."""

    kind: Kind
    value: bytes = b""
    error: BaseException | None = None

    @property
    def is_shared(self) -> bool:
        """Whether other callers may have it."""
        return self.kind is Kind.VALUE or self.kind is Kind.ERROR

    @classmethod
    def lost(cls) -> "Outcome":
        """Return the outcome of work that was torn down."""
        return cls(Kind.LOST)

    def result(self) -> bytes:
        """Return the value, or raise what the work raised: for the caller whose work it was."""
        if self.error is not None:
            raise self.error
        return self.value

    def copy(self) -> bytes:
        """Return the value, or raise a new error made from the shared form of it: for everybody else."""
        if self.error is not None:
            raise errors.rebuilt(errors.described(self.error))
        return self.value

    def encoded(self) -> bytes:
        """Return the form that other processes read; only of outcomes that are shared."""
        return b"V" + self.value if self.error is None else b"E" + errors.described(self.error)


def decoded(data: bytes) -> Outcome:
    """Return the outcome; raise OutcomeError for foreign bytes."""
    if data[:1] == b"V":
        return Outcome(Kind.VALUE, data[1:])
    if data[:1] == b"E":
        return Outcome(Kind.ERROR, error=errors.rebuilt(data[1:]))
    raise OutcomeError("It begins with no kind of ours.")
