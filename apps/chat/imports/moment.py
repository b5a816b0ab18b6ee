"""When a message was sent, from what files write: ISO 8601 or seconds since 1970; a time without a zone is UTC."""

from datetime import UTC, datetime
from functools import lru_cache

from apps.chat.exceptions import InvalidError

# Cursors count from 1970, and a day is left before Python's last so that every zone can show it.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, tzinfo=UTC)


def moment(value: object) -> datetime | None:
    """Return an aware UTC time, None where the file gives none; raise InvalidError naming `sent_at`."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return _from_iso(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_epoch(value)
    raise InvalidError("sent_at", "is neither text nor a number.")


@lru_cache(maxsize=256)
def _from_iso(value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value.strip())
        return _in_range(found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC))
    except (ValueError, OverflowError):
        raise InvalidError("sent_at", "is no time, as 2024-05-31T09:30:00Z is.") from None


def _from_epoch(value: float) -> datetime:
    try:
        return _in_range(datetime.fromtimestamp(value, tz=UTC))
    except (ValueError, OverflowError, OSError):
        raise InvalidError("sent_at", "is no number of seconds since 1970.") from None


def _in_range(found: datetime) -> datetime:
    if not EARLIEST <= found < LATEST:
        raise InvalidError("sent_at", "lies before 1970 or after 9999.")
    return found
