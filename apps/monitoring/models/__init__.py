"""What is kept of what was watched. Each room's tables are in a file of their own."""

from apps.monitoring.models.alerts import Alert, AlertDelivery, AlertTurn
from apps.monitoring.models.archive import ExceptionGroup, Statement  # noqa: A004  (of equal ones, not Python's)
from apps.monitoring.models.browser import Feedback, PageMeasurement
from apps.monitoring.models.events import Event
from apps.monitoring.models.health import HealthChange
from apps.monitoring.models.snapshots import Series, Snapshot
from apps.monitoring.models.traces import TraceSegment
from apps.monitoring.models.workers import WorkerRun

__all__ = (
    "Alert", "AlertDelivery", "AlertTurn", "Event", "ExceptionGroup", "Feedback", "HealthChange", "PageMeasurement",
    "Series", "Snapshot", "Statement", "TraceSegment", "WorkerRun",
)  # fmt: skip
