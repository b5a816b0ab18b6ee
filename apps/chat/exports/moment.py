"""Times as files have them: ISO 8601 in UTC, a fraction of a second only where there is one."""

from datetime import UTC, datetime


def iso(moment: datetime | None) -> str:
    """Return the time as text, empty for none."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else ""
