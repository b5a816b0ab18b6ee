"""A statement to the database without its values: what it does, where, and a name it has in every process."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b

MAX_CHARACTERS, KEPT_CHARACTERS = 20_000, 4_000
KNOWN = 2_048  # texts as they come, values in them and all; each is looked up without being read
BARE = frozenset({"begin", "commit", "rollback", "savepoint", "release"})  # what follows is a name made for once
OPERATIONS = BARE | {
    "select", "insert", "update", "delete", "replace", "merge", "pragma", "explain", "create", "alter", "drop",
    "truncate", "vacuum", "analyze", "set", "show", "lock",
}  # fmt: skip
OTHER = "other"
_tokens = re.compile(
    r"""
    (?P<name>"\w+")
  | (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<value>
        \$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z)
      | \b[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)
      | (?:\b[xXbBnN])?'(?:[^']|'')*(?:'|\Z)
      | "(?:[^"]|"")*(?:"|\Z)
      | %s | %\(\w+\)s | \?\d* | \$\d+
      | \b\d[\w.]*
    )
  | (?P<space>\s+)
    """,
    re.VERBOSE | re.DOTALL,
)
_gap = re.compile(r" {2,}")
_list = re.compile(r"\( ?\?(?: ?, ?\?)+ ?\)")
_rows = re.compile(r"(\([^()]*\))(?: ?, ?\1)+")
_place = re.compile(
    r'\b(?:FROM|INTO|UPDATE|JOIN|TABLE(?: IF(?: NOT)? EXISTS)?) (?:ONLY )?"?(\w+)\b(?!"?\.)', re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """All statements that differ in nothing but values."""

    digest: str
    operation: str = field(compare=False)
    table: str = field(compare=False)
    text: str = field(compare=False)


def statement_of(sql: str) -> Statement:
    """Return what a text does. Comments, literals, parameters and the length of lists are gone from it."""
    text = without_values(sql)
    verb = text.partition(" ")[0].strip("(").lower()
    operation = "select" if verb in {"with", "values"} else verb if verb in OPERATIONS else OTHER
    if operation in BARE:
        text = operation.upper()
    found = _place.search(text)
    digest = blake2b(text.encode(), digest_size=8).hexdigest()
    return Statement(digest=digest, operation=operation, table=found[1] if found else "", text=text[:KEPT_CHARACTERS])


def without_values(sql: str) -> str:
    """Return a text with a ? for each value and each list of them."""
    text = _gap.sub(" ", _tokens.sub(_shown, sql[:MAX_CHARACTERS])).strip()
    return _rows.sub(r"\1", _list.sub("(?)", text))


def _shown(found: "re.Match[str]") -> str:
    kind = found.lastgroup
    if kind == "name":
        return found[0]
    return " " if kind in {"comment", "space"} else "?"


class Statements:
    """Knows statements by their texts as they come, and forgets the oldest. `texts` is read without a lock."""

    def __init__(self, tell: Callable[[Statement], None]) -> None:
        self.texts: dict[str, Statement] = {}
        self._digests: dict[str, Statement] = {}
        self._tell = tell

    def of(self, sql: str) -> Statement:
        """Return the statement of a text; one seen for the first time is told of. In one thread."""
        known = self.texts.get(sql)
        if known is not None:
            return known
        made = statement_of(sql)
        if made.digest not in self._digests:
            _bound(self._digests)
            self._digests[made.digest] = made
            self._tell(made)
        if len(sql) <= MAX_CHARACTERS:
            _bound(self.texts)
            self.texts[sql] = self._digests[made.digest]
        return self._digests[made.digest]


def _bound(known: dict[str, Statement]) -> None:
    if len(known) >= KNOWN:
        known.pop(next(iter(known)))
