"""Families of tags, and the tables whose writes they answer for."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from apps.caching.exceptions import DeclarationError

WRITE = re.compile(
    r"\b(INSERT(?:\s+OR\s+\w+)?\s+INTO|REPLACE\s+INTO|MERGE\s+INTO|UPDATE(?:\s+ONLY)?|DELETE\s+FROM(?:\s+ONLY)?"
    r"|TRUNCATE(?:\s+TABLE)?)\s+[\"`]?(\w+)",
    re.IGNORECASE,
)
_families: dict[str, "Family"] = {}


class Family:
    """`CONVERSATION = Family("conversation", tables={"chat_message": ()})`; its tags are `conversation:7`.

    `tables` names what values under its tags are made of, each with the columns that matter; none: every write to the
    table. Whoever writes there says which tags are concerned, in the same transaction and before: else all of them are.
    """

    def __init__(self, name: str, *, tables: Mapping[str, Sequence[str]]) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_.]*", name) or name in _families:
            raise DeclarationError(f"{name!r} is taken, or no name: small letters, digits, dots and underscores are.")
        self.name, self.all = name, f"{name}:*"
        self._columns = {table: tuple(columns) for table, columns in tables.items()}
        _families[name] = self

    def of(self, identity: int | str) -> str:
        """Return the tag of one member; raise DeclarationError for what would be the tag of all."""
        if identity == "*":
            raise DeclarationError(f"{self.all} stands for the whole family.")
        return f"{self.name}:{identity}"

    def holds(self, tag: str) -> bool:
        """Return whether the tag is one of the family's."""
        return tag.startswith(f"{self.name}:")

    def is_touched(self, verb: str, table: str, sql: str) -> bool:
        """Return whether a write to the table can change what values are made of."""
        columns = self._columns.get(table)
        if columns is None:
            return False
        if not columns or not verb.startswith(("UPDATE", "INSERT")):
            return True
        return verb.startswith("UPDATE") and any(_named(column)(sql) for column in columns)


def families() -> tuple[Family, ...]:
    """Return all families."""
    return tuple(_families.values())


def withdraw(name: str) -> None:
    """Take a declaration back: for tests."""
    _families.pop(name, None)


def wide_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return the tags and those of their families as wholes, each once."""
    given = tuple(tags)
    whole = [family.all for tag in given if (family := _families.get(tag.partition(":")[0]))]
    return tuple(dict.fromkeys(given + tuple(whole)))


def families_written(sql: str) -> list[Family]:
    """Return the families whose values a statement can change. No query."""
    writes = [(verb.upper(), table) for verb, table in WRITE.findall(sql)]
    return [
        family for family in _families.values() if any(family.is_touched(verb, table, sql) for verb, table in writes)
    ]


@lru_cache(maxsize=256)
def _named(column: str) -> Callable[[str], object]:
    return re.compile(rf"\b{column}\b").search
