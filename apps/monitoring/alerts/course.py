"""An alert's row as the machine sees it, and the other way round."""

from datetime import UTC, datetime

from apps.monitoring.alerts.machine import Course, State
from apps.monitoring.models import Alert


def course_of(row: Alert | None) -> Course:
    """Return the course of an open alert; calm without one."""
    if row is None:
        return Course()
    told_at = row.last_notified_at.timestamp() if row.last_notified_at else None
    return Course(state=_state(row), since=_since(row).timestamp(), seen_at=row.seen_at.timestamp(), told_at=told_at)


def follow(row: Alert, course: Course) -> None:
    """Write the course into the row, which is not saved."""
    at = moment(course.seen_at)
    row.seen_at = at
    row.clear_since = moment(course.since) if course.state is State.CLEARING else None
    row.last_notified_at = moment(course.told_at) if course.told_at is not None else row.last_notified_at
    if course.state is State.PENDING:
        row.state, row.since = Alert.State.PENDING, moment(course.since)
    elif course.state is State.CALM:
        row.state, row.resolved_at = Alert.State.RESOLVED, at
    else:
        row.state, row.raised_at = Alert.State.RAISED, row.raised_at or at


def moment(seconds: float) -> datetime:
    """Return seconds since 1970 as a moment."""
    return datetime.fromtimestamp(seconds, UTC)


def _state(row: Alert) -> State:
    if row.clear_since is not None:
        return State.CLEARING
    return State.PENDING if row.state == Alert.State.PENDING else State.RAISED


def _since(row: Alert) -> datetime:
    if row.clear_since is not None:
        return row.clear_since
    return row.since if row.raised_at is None else row.raised_at
