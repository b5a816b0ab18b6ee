"""Who changes something, as the records keep it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """An account's number and name at the time; without a number, the site itself or its operator."""

    id: int | None
    name: str


SYSTEM = Actor(id=None, name="system")
