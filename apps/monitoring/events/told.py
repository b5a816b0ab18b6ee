"""One thing that happened, as pages show it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """`link` leads to what it is about, for an entry of the audit log to its difference."""

    at: datetime
    kind: str
    title: str
    detail: str
    link: str
    actor: str
