"""Stored values as a policy of this version of the code: what no longer fits falls back to its default, and is told."""

from collections.abc import Mapping
from typing import Any

from apps.tuning.declaration import Field, P, fields_of
from apps.tuning.exceptions import PolicyError
from apps.tuning.handle import Fallback


def snapshot(kind: type[P], stored: Mapping[str, Any]) -> tuple[P, tuple[Fallback, ...]]:
    """Return a valid policy and what could not be kept of the stored values. Never raises for bad values."""
    fields = {field.name: field for field in fields_of(kind)}
    fallbacks = [_gone(name, stored[name]) for name in stored if name not in fields]
    values: dict[str, Any] = {}
    for name in fields.keys() & stored.keys():
        try:
            values[name] = fields[name].checked(stored[name])
        except PolicyError as error:
            fallbacks.append(_invalid(fields[name], stored[name], error.reason))
    return _agreeing(kind, values, fallbacks)


def _agreeing(kind: type[P], values: dict[str, Any], fallbacks: list[Fallback]) -> tuple[P, tuple[Fallback, ...]]:
    """Take the fields back that the check names, one by one; what it names wrongly, all at once."""
    fields = {field.name: field for field in fields_of(kind)}
    while True:
        try:
            return kind(**values), tuple(sorted(fallbacks, key=lambda fallback: fallback.field))
        except PolicyError as error:
            named = [error.field] if error.field in values else list(values)
            fallbacks += [_invalid(fields[name], values.pop(name), error.reason) for name in named]


def _invalid(field: Field, stored: Any, reason: str) -> Fallback:
    return Fallback(field=field.name, stored=stored, used=field.default, reason=reason)


def _gone(name: str, stored: Any) -> Fallback:
    return Fallback(field=name, stored=stored, used=None, reason="is no field any more.")
