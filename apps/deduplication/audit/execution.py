"""One execution of shared work, as it was: measured around the work itself, whatever the flight believes."""

import time
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["", "declared", "duplicate"]


@dataclass(slots=True, eq=False)
class Execution:
    """What this process notes while work runs. Times are nanoseconds of the monotonic clock; 0 is not yet.

    `let_go_ns`: when the flight gave up the lead, so that a successor may begin. `is_alone`: other processes were not
    kept from running the same, and it was said so.
    """

    scope: str
    digest: str
    token: str
    is_alone: bool
    started_ns: int = field(default_factory=time.monotonic_ns)
    ended_ns: int = 0
    let_go_ns: int = 0

    def end(self, *, is_alone: bool) -> None:
        """Note the end."""
        self.ended_ns = time.monotonic_ns()
        self.is_alone = self.is_alone or is_alone

    def let_go(self) -> None:
        """Note that the lead was given up."""
        self.let_go_ns = self.let_go_ns or time.monotonic_ns()
