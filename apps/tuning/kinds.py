"""The types a policy's values may have: what each takes, how it is typed on a command line, its JSON Schema."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

Value = bool | int | float | str

ON = frozenset({"on", "true", "yes", "1"})
OFF = frozenset({"off", "false", "no", "0"})


class Kind(Protocol):
    """One type with its bounds. The refusals are ValueError, their text the reason without the field's name."""

    def checked(self, value: object) -> Value:
        """Return the value as the policy holds it; raise ValueError for the wrong type or a value out of bounds."""
        ...

    def parsed(self, text: str) -> Value:
        """Return the value somebody typed; raise ValueError."""
        ...

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """On or off."""

    def checked(self, value: object) -> bool:
        """Take true and false alone."""
        if not isinstance(value, bool):
            raise ValueError("must be on or off.")  # noqa: TRY004  (one refusal for all that is wrong with a value)
        return value

    def parsed(self, text: str) -> bool:
        """Read on, true, yes, 1 and their opposites."""
        word = text.strip().lower()
        if word not in ON | OFF:
            raise ValueError("must be on or off.")
        return word in ON

    def schema(self) -> dict[str, Any]:
        """Return a boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole number within bounds."""

    minimum: int
    maximum: int
    unit: str

    def checked(self, value: object) -> int:
        """Take whole numbers; true and false are none."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("must be a whole number.")  # noqa: TRY004  (as above)
        bounded(value, self.minimum, self.maximum, self.unit)
        return value

    def parsed(self, text: str) -> int:
        """Read decimal digits."""
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", text.strip()):
            raise ValueError("must be a whole number.")
        return self.checked(int(text))

    def schema(self) -> dict[str, Any]:
        """Return an integer with its bounds."""
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number within bounds; durations are seconds."""

    minimum: float
    maximum: float
    unit: str

    def checked(self, value: object) -> float:
        """Take finite numbers, whole ones too."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError("must be a number.")
        bounded(value, self.minimum, self.maximum, self.unit)
        return float(value)

    def parsed(self, text: str) -> float:
        """Read a number as Python writes it."""
        try:
            return self.checked(float(text))
        except ValueError as error:
            raise ValueError(str(error) if "must be from" in str(error) else "must be a number.") from None

    def schema(self) -> dict[str, Any]:
        """Return a number with its bounds."""
        return {"type": "number", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of text with a bounded length."""

    minimum: int
    maximum: int

    def checked(self, value: object) -> str:
        """Take printable text: no line breaks, no controls."""
        if not isinstance(value, str):
            raise ValueError("must be a text.")  # noqa: TRY004  (as above)
        if not self.minimum <= len(value) <= self.maximum:
            raise ValueError(f"must have from {self.minimum:,} to {self.maximum:,} characters, not {len(value):,}.")
        if not value.isprintable():
            raise ValueError("must be one line of printable characters.")
        return value

    def parsed(self, text: str) -> str:
        """Read the text as it stands."""
        return self.checked(text)

    def schema(self) -> dict[str, Any]:
        """Return a string with its lengths."""
        return {"type": "string", "minLength": self.minimum, "maxLength": self.maximum}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of several words; `made` turns the word into what the policy holds."""

    options: tuple[str, ...]
    made: Callable[[str], str]

    def checked(self, value: object) -> str:
        """Take one of the words."""
        if not isinstance(value, str) or value not in self.options:
            raise ValueError(f"must be one of {', '.join(self.options)}.")
        return self.made(value)

    def parsed(self, text: str) -> str:
        """Read one of the words."""
        return self.checked(text.strip())

    def schema(self) -> dict[str, Any]:
        """Return the words."""
        return {"type": "string", "enum": list(self.options)}


def bounded(value: float, minimum: float, maximum: float, unit: str) -> None:
    """Raise ValueError unless the value is within its bounds."""
    if not minimum <= value <= maximum:
        raise ValueError(f"must be from {minimum:,} to {maximum:,}{f' {unit}' if unit else ''}, not {value:,}.")
