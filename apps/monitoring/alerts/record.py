"""An alert as others see it."""

from dataclasses import dataclass
from datetime import datetime

from apps.monitoring.models import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecord:
    """One alert at one moment. `state` is pending, raised or resolved; `key` says of what, as a breaker's name."""

    id: int
    rule: str
    key: str
    state: str
    value: float
    threshold: float
    output: str
    since: datetime
    raised_at: datetime | None
    resolved_at: datetime | None
    last_notified_at: datetime | None
    silenced_until: datetime | None
    acknowledged_by: str
    acknowledged_at: datetime | None
    acknowledged_reason: str

    @classmethod
    def of(cls, row: Alert) -> "AlertRecord":
        """Return the row's record."""
        return cls(
            id=row.pk,
            rule=row.rule,
            key=row.key,
            state=row.state,
            value=row.value,
            threshold=row.threshold,
            output=row.output,
            since=row.since,
            raised_at=row.raised_at,
            resolved_at=row.resolved_at,
            last_notified_at=row.last_notified_at,
            silenced_until=row.silenced_until,
            acknowledged_by=row.acknowledged_by,
            acknowledged_at=row.acknowledged_at,
            acknowledged_reason=row.acknowledged_reason,
        )
