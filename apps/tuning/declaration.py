"""How a policy is declared: a frozen dataclass of knobs, beside the code that obeys it."""

import dataclasses
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Literal, TypeVar, dataclass_transform, get_args, get_origin, get_type_hints

from apps.tuning.difference import label
from apps.tuning.exceptions import DeclarationError, PolicyError
from apps.tuning.kinds import Choice, Kind, Line, Number, Switch, Value, Whole
from apps.tuning.knob import METADATA, Knob, knob

P = TypeVar("P", bound="Policy")


class Policy:
    """The base of all policies. An instance that breaks a bound or a rule between fields cannot be made."""

    __slots__ = ()

    def __post_init__(self) -> None:
        """Hold every value to its knob, then all of them to `check`; raise PolicyError."""
        for field in fields_of(type(self)):
            object.__setattr__(self, field.name, field.checked(getattr(self, field.name)))
        self.check()

    def check(self) -> None:
        """Raise PolicyError(field, reason) for values that contradict each other; overridden where some can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A knob with its name, type and default."""

    name: str
    kind: Kind
    default: Value
    knob: Knob

    @property
    def label(self) -> str:
        """The name as people read it."""
        return label(self.name)

    def checked(self, value: object) -> Value:
        """Return the value as the policy holds it; raise PolicyError."""
        try:
            return self.kind.checked(value)
        except ValueError as error:
            raise PolicyError(self.name, str(error)) from None

    def parsed(self, text: str) -> Value:
        """Return what somebody typed; raise PolicyError."""
        try:
            return self.kind.parsed(text)
        except ValueError as error:
            raise PolicyError(self.name, str(error)) from None


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(knob,))
def policy(kind: type[P]) -> type[P]:
    """Make the class a frozen, slotted dataclass; raise DeclarationError for a knob that staff could not turn."""
    made = dataclass(frozen=True, slots=True, kw_only=True)(kind)
    fields_of(made)
    return made


_fields: dict[Any, tuple[Field, ...]] = {}


def fields_of(kind: type[Policy]) -> tuple[Field, ...]:
    """Return the fields of a policy in the order of their declaration; raise DeclarationError."""
    if kind not in _fields:
        hints, declared = get_type_hints(kind), dataclasses.fields(kind)  # type: ignore[arg-type]
        _fields[kind] = tuple(_field(kind, one, hints[one.name]) for one in declared)
    return _fields[kind]


def values_of(made: Policy) -> dict[str, Value]:
    """Return a policy's values as JSON holds them."""
    values = {field.name: getattr(made, field.name) for field in fields_of(type(made))}
    return {name: value.value if isinstance(value, Enum) else value for name, value in values.items()}


def _field(kind: type[Policy], declared: "dataclasses.Field[Any]", hint: Any) -> Field:
    told = declared.metadata.get(METADATA)
    where = f"{kind.__name__}.{declared.name}"
    if told is None:
        raise DeclarationError(f"{where} is no knob(…).")
    if not told.help.strip() or not told.effect.strip():
        raise DeclarationError(f"{where} says nothing to the staff who turn it: help and effect are needed.")
    default: Any = declared.default.value if isinstance(declared.default, Enum) else declared.default
    made = Field(name=declared.name, kind=_kind(where, hint, told), default=default, knob=told)
    try:
        made.checked(default)
    except PolicyError as error:
        raise DeclarationError(f"{where}: the default {error.reason}") from None
    return made


def _kind(where: str, hint: Any, told: Knob) -> Kind:
    if hint is bool:
        return Switch()
    if hint is str:
        return Line(minimum=int(told.minimum or 0), maximum=int(told.maximum or 200))
    if get_origin(hint) is Literal and all(isinstance(word, str) for word in get_args(hint)):
        return Choice(options=get_args(hint), made=str)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Choice(options=tuple(member.value for member in hint), made=hint)
    return _numeric(where, hint, told)


def _numeric(where: str, hint: Any, told: Knob) -> Kind:
    if hint not in {int, float}:
        raise DeclarationError(f"{where}: {hint} is no type of a knob: bool, int, float, str, Literal, StrEnum are.")
    if told.minimum is None or told.maximum is None or told.minimum > told.maximum:
        raise DeclarationError(f"{where} needs minimum and maximum.")
    if hint is float:
        return Number(minimum=told.minimum, maximum=told.maximum, unit=told.unit)
    if not (float(told.minimum).is_integer() and float(told.maximum).is_integer()):
        raise DeclarationError(f"{where}: the bounds of a whole number are whole numbers.")
    return Whole(minimum=int(told.minimum), maximum=int(told.maximum), unit=told.unit)
