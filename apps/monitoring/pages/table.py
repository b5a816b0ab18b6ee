"""A table as a page shows it, a file holds it and a reader sorts it: what a cell is worth, and how it reads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.monitoring.pages.period import Period
from apps.monitoring.pages.unit import NOTHING, written

TEXT, WORD, CODE, STATE, TIME = "text", "word", "code", "state", "time"
WORDS = {TEXT, WORD, CODE, STATE}
TOLD = {"seconds", "bytes", "share", "per second"}  # units that the head of a file names
Value = str | float | datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What is in a column. `unit` is one of the words above, or the unit of a figure."""

    title: str
    unit: str = TEXT

    @property
    def is_number(self) -> bool:
        """Whether it holds figures."""
        return self.unit not in WORDS and self.unit != TIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value. `link` leads to what it is about; `tone` is good, warn or bad, where it says something."""

    value: Value
    link: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A cell with its column, and the greatest figure in it: what the template needs."""

    cell: Cell
    column: Column
    most: float

    @property
    def text(self) -> str:
        """How a figure reads."""
        value = self.cell.value
        if value is None or value == "":
            return NOTHING
        return written(value, self.column.unit, most=self.most) if isinstance(value, int | float) else str(value)

    @property
    def sorted_by(self) -> str:
        """What it is sorted by: a number, or a text."""
        value = self.cell.value
        if isinstance(value, datetime):
            return f"{value.timestamp():.3f}"
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of cells, in the order that is worth most; `empty` says what is not there."""

    columns: Sequence[Column]
    rows: list[list[Cell]] = field(default_factory=list)
    empty: str = "Nothing recorded yet."
    note: str = ""

    @property
    def shown(self) -> list[list[Shown]]:
        """The rows with their columns."""
        columns = list(zip(self.columns, map(_most, zip(*self.rows, strict=True)), strict=True)) if self.rows else []
        return [
            [Shown(cell=cell, column=of, most=most) for cell, (of, most) in zip(row, columns, strict=True)]
            for row in self.rows
        ]

    @property
    def head(self) -> list[str]:
        """The titles, with the unit that the plain figures of a file are in."""
        return [_titled(column) for column in self.columns]

    @property
    def plain(self) -> list[list[Any]]:
        """The values as a file holds them."""
        return [[_plain(cell.value) for cell in row] for row in self.rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSource:
    """A table of a page, made when it is asked for."""

    name: str
    title: str
    make: Callable[[Period], Table]


def cells(*values: Value) -> list[Cell]:
    """Return a row of mere values."""
    return [Cell(value=value) for value in values]


def _most(column: Sequence[Cell]) -> float:
    return max((cell.value for cell in column if isinstance(cell.value, int | float)), default=0.0)


def _plain(value: Value) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _titled(column: Column) -> str:
    return f"{column.title} ({column.unit})" if column.unit in TOLD else column.title
