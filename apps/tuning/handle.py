"""A declared policy in this process: what holds now, and since which revision."""

from dataclasses import dataclass
from typing import Any, Generic

from apps.tuning.declaration import Field, P, fields_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """A stored value that this version of the code does not take; `None` in `used` where the field is gone."""

    field: str
    stored: Any
    used: Any
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State(Generic[P]):
    """A policy at one revision. `number` counts its revisions, 0 being the defaults; `revision` those of the site."""

    policy: P
    number: int = 0
    revision: int = 0
    fallbacks: tuple[Fallback, ...] = ()


class Handle(Generic[P]):
    """Read `handle.current.some_field`: a frozen object, never half old and half new.

    Whoever needs two values that belong together reads `current` once.
    """

    __slots__ = ("current", "default", "kind", "name", "state", "title")

    def __init__(self, kind: type[P], *, name: str, title: str) -> None:
        self.kind, self.name, self.title = kind, name, title
        self.default: P = kind()
        self.current: P = self.default
        self.state: State[P] = State(policy=self.default)

    def __repr__(self) -> str:
        return f"<policy {self.name} at revision {self.state.number}>"

    @property
    def fields(self) -> tuple[Field, ...]:
        """Its fields in the order of their declaration."""
        return fields_of(self.kind)

    @property
    def description(self) -> str:
        """The first line of its docstring."""
        return (self.kind.__doc__ or "").strip().split("\n", 1)[0]

    def swap(self, state: State[P]) -> None:
        """Let the state hold from now on; a single assignment for those who read."""
        self.current = state.policy
        self.state = state
