"""What a check found, and a check as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from apps.monitoring.health.status import Status, worst


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One measurement. `output` says in words what is lost or wrong, and is empty where nothing is."""

    measurement: str
    status: Status = Status.PASS
    value: str | float | int | None = None
    unit: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All that one check found; `at` is seconds since 1970."""

    name: str
    component_type: str
    findings: Sequence[Finding]
    at: float
    status: Status = field(init=False)

    def __post_init__(self) -> None:
        """Be as bad as the worst finding."""
        object.__setattr__(self, "status", worst(finding.status for finding in self.findings))

    @property
    def output(self) -> str:
        """What is wrong, in words."""
        return " ".join(finding.output for finding in self.findings if finding.output)
