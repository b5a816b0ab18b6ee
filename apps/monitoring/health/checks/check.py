"""What every check is."""

from abc import ABC, abstractmethod
from typing import ClassVar

from apps.monitoring.health.finding import Finding
from apps.monitoring.health.status import Status


class Check(ABC):
    """Looks at one thing. `look` may block where `is_blocking` says so: it then has a thread of its own."""

    name: ClassVar[str]
    component_type: ClassVar[str] = "component"
    is_blocking: ClassVar[bool] = False
    is_of_process: ClassVar[bool] = False  # of the server's process alone: another cannot look for it
    without_answer: ClassVar[Status] = Status.WARN

    @abstractmethod
    def look(self) -> list[Finding]:
        """Return what is found. What it raises counts as no answer."""

    def close(self) -> None:  # noqa: B027  (most open nothing)
        """Let go of what was opened, in the thread that looked."""
