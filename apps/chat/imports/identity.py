"""What makes an imported message the same message when its file, or one that overlaps it, comes again."""

from hashlib import blake2b

from apps.chat.imports.row import Row
from apps.chat.imports.tally import Tally

ASSISTANT_NAME = "Assistant"
SYSTEM_NAME = "System"
OWNER_MARK = "\0owner"  # no name holds a NUL; the owner may be renamed between two runs


class Identity:
    """Gives each row its key: the same in every run, another for each repetition of the same words in one file."""

    def __init__(self, *, owner_name: str, tally: Tally) -> None:
        self._owner_name = owner_name
        self._tally = tally

    def key(self, row: Row) -> bytes:
        """Return 16 bytes unique to the message within its conversation."""
        moment = row.sent_at.isoformat() if row.sent_at else ""
        parts = (row.conversation, row.role, self._author(row), moment, row.text)
        content = blake2b("\0".join(parts).encode(), digest_size=16).digest()
        number = self._tally.count(content)
        return content if number == 1 else blake2b(b"%b%d" % (content, number), digest_size=16).digest()

    def is_repeated(self, key: bytes) -> bool:
        """Return whether this key has come before: a dry run asks, since it leaves no trace in the database."""
        return self._tally.count(b"dry" + key) > 1

    def _author(self, row: Row) -> str:
        if is_owner(row, self._owner_name):
            return OWNER_MARK
        return default_name(row) if row.author is None else row.author


def is_owner(row: Row, owner_name: str) -> bool:
    """Return whether the importing user wrote the row: a user's message without a name, or with the owner's."""
    return row.role == "user" and row.author in (None, owner_name)


def default_name(row: Row) -> str:
    """Return who speaks in a role when the file names nobody."""
    return ASSISTANT_NAME if row.role == "assistant" else SYSTEM_NAME
