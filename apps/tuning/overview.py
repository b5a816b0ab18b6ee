"""Every policy as staff see it: where it stands, and what it would be without anybody's doing."""

from dataclasses import dataclass
from typing import Any

from apps.tuning.current import state_of
from apps.tuning.declaration import values_of
from apps.tuning.difference import Difference, differences
from apps.tuning.handle import Handle, State
from apps.tuning.registry import declared, handle_of
from apps.tuning.revisions import Revision, latest_revision, latest_revisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A policy as the database has it, and its latest revision: none while it is at its defaults."""

    handle: Handle[Any]
    state: State[Any]
    latest: Revision | None

    @property
    def values(self) -> dict[str, Any]:
        """The values that hold."""
        return values_of(self.state.policy)

    @property
    def differing(self) -> tuple[Difference, ...]:
        """The fields that are not at their defaults."""
        return differences(values_of(self.handle.default), self.values)


def standings() -> list[Standing]:
    """Return all declared policies by name. One query."""
    latest = latest_revisions()
    return [_standing(handle, latest.get(handle.name)) for handle in declared()]


def standing(name: str) -> Standing:
    """Return one policy; raise UnknownPolicyError. One query."""
    return _standing(handle_of(name), latest_revision(name))


def _standing(handle: Handle[Any], latest: Revision | None) -> Standing:
    return Standing(handle=handle, state=state_of(handle, latest), latest=latest)
