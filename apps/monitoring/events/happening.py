"""Something that happened, before it is written down."""

import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A subject came into a state at a moment, in seconds since 1970.

    Where `is_news` every one counts; else only what differs from the state the subject is in already, since each
    process tells of it.
    """

    kind: str
    subject: str
    state: str
    title: str
    detail: str = ""
    link: str = ""
    actor: str = ""
    is_news: bool = False
    at: float = field(default_factory=time.time)
