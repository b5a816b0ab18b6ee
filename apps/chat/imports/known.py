"""Which rows of a batch are in the database already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from apps.chat.imports.row import Row
from apps.chat.imports.target import GoneError, Target, found_targets

# CROSS JOIN keeps SQLite to this order: a look into the unique index for each wanted row, never a scan of messages.
FIND = (
    "WITH wanted (conversation_id, import_key) AS (VALUES {})"
    " SELECT m.conversation_id, m.import_key FROM wanted CROSS JOIN chat_message m"
    " WHERE m.conversation_id = wanted.conversation_id AND m.import_key = wanted.import_key"
    " AND m.import_key IS NOT NULL"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row and its key within its conversation."""

    row: Row
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look into the database without a lock found: the entries it lacks and its conversations as they were."""

    fresh: list[Entry]
    targets: Mapping[str, Target]

    def check_still_there(self, targets: Mapping[str, Target]) -> None:
        """Raise GoneError when one of these conversations has been replaced by another of its name since."""
        if any(name in self.targets and self.targets[name].id != target.id for name, target in targets.items()):
            raise GoneError

    def is_current(self, name: str, target: Target) -> bool:
        """Return whether nothing has been added to the conversation since."""
        before = self.targets.get(name)
        return target.last_sequence == (before.last_sequence if before else 0)


def look(*, owner_id: int, entries: Sequence[Entry]) -> Look:
    """Return what the database lacks of the entries, each key once. Two queries, no lock."""
    targets = found_targets(owner_id=owner_id, names={entry.row.conversation for entry in entries})
    return Look(fresh=unknown(entries, targets), targets=targets)


def unknown(entries: Sequence[Entry], targets: Mapping[str, Target]) -> list[Entry]:
    """Return the entries that are in none of these conversations, each key once. One query."""
    wanted = [(targets[entry.row.conversation].id, entry.key) for entry in entries if entry.row.conversation in targets]
    known = _found(wanted)
    fresh: dict[tuple[str, bytes], Entry] = {}
    for entry in entries:
        target = targets.get(entry.row.conversation)
        if target is None or (target.id, entry.key) not in known:
            fresh.setdefault((entry.row.conversation, entry.key), entry)
    return list(fresh.values())


def _found(wanted: list[tuple[int, bytes]]) -> set[tuple[int, bytes]]:
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(FIND.format(", ".join(["(%s, %s)"] * len(wanted))), [part for pair in wanted for part in pair])
        return {(int(conversation_id), bytes(key)) for conversation_id, key in cursor.fetchall()}
