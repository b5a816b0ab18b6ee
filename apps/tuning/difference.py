"""What differs between two sets of values of a policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field whose value changed; None where the field was not there."""

    field: str
    before: Any
    after: Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Return the fields that differ, by name."""
    return tuple(
        Difference(field=name, before=before.get(name), after=after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    )


def label(name: str) -> str:
    """Return a field's name as people read it: what its unit or its switch says already is left out."""
    plain = name.removeprefix("is_").removeprefix("has_").removesuffix("_seconds").removesuffix("_bytes")
    return plain.replace("_", " ").capitalize()


def shown(value: Any) -> str:
    """Return a value as people read it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return f"{value:,}"
    return "not set" if value is None else str(value) or "empty"
