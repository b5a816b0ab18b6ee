"""What came of a file's rows."""

from dataclasses import dataclass

from apps.chat.records import RefusedRow

KEPT_REFUSALS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Counts of rows so far, the first refusals, and how far the file has been read, in its own bytes."""

    imported: int
    known: int
    refused: int
    refusals: tuple[RefusedRow, ...]
    read_bytes: int


class Count:
    """Adds up a run."""

    def __init__(self) -> None:
        self.imported = self.known = self.refused = 0
        self._refusals: list[RefusedRow] = []

    def add_refusal(self, refusal: RefusedRow) -> None:
        """Count a refused row and keep it when it is one of the first."""
        self.refused += 1
        if len(self._refusals) < KEPT_REFUSALS:
            self._refusals.append(refusal)

    def outcome(self, *, read_bytes: int) -> Outcome:
        """Return where the run stands."""
        return Outcome(
            imported=self.imported,
            known=self.known,
            refused=self.refused,
            refusals=tuple(self._refusals),
            read_bytes=read_bytes,
        )
