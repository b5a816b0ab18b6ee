"""What every rule is."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from apps.tuning.handle import Handle


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a rule found of one thing: `key` names it, `output` says it in words."""

    key: str
    value: float
    output: str


class Rule(ABC):
    """Reads figures. Whether they break it is a matter of its policy's threshold: at it, and above."""

    name: ClassVar[str]
    policy: ClassVar[Handle[Any]]

    @abstractmethod
    def read(self, at: float) -> Sequence[Reading]:
        """Return the readings; `at` is seconds since 1970. Blocks; what it raises leaves its alerts as they are."""

    @property
    def title(self) -> str:
        """What it is about, in words."""
        return self.policy.title.removeprefix("Alert: ")
