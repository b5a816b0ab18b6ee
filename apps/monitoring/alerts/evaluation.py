"""One look at all rules: what is broken moves its alert on, and what is to be told is written down with it."""

import logging
import time
from collections.abc import Sequence
from datetime import timedelta

from django.db import DatabaseError, transaction

from apps.monitoring.alerts.course import course_of, follow, moment
from apps.monitoring.alerts.delivery import deliver_waiting, write_deliveries
from apps.monitoring.alerts.machine import Course, Look, State, Terms, step
from apps.monitoring.alerts.rules import RULES
from apps.monitoring.alerts.rules.rule import Reading, Rule
from apps.monitoring.alerts.turn import taken_turn
from apps.monitoring.events.announced import show_alert
from apps.monitoring.models import Alert

logger = logging.getLogger(__name__)
KEPT = timedelta(days=90)


def evaluate(rules: Sequence[Rule] = RULES) -> bool:
    """Look at the rules and tell whoever is to be told; return False where another does so now.

    Blocks for the rules' reading and for the deliveries; raises DatabaseError.
    """
    with taken_turn() as is_ours:
        if is_ours:
            for rule in rules:
                look_at(rule, time.time())
            deliver_waiting()
            Alert.objects.filter(resolved_at__lt=moment(time.time()) - KEPT).delete()
        return is_ours


def look_at(rule: Rule, at: float) -> None:
    """Look at one rule at a moment, in seconds since 1970. One that cannot be read leaves its alerts as they are."""
    try:
        readings = {one.key[:200]: one for one in rule.read(at)} if rule.policy.current.is_enabled else {}
    except DatabaseError:
        raise
    except Exception:  # a rule that cannot be read is told by the log; the others are looked at all the same
        logger.exception("The rule %s cannot be read", rule.name)
        return
    known = set(Alert.objects.filter(rule=rule.name, resolved_at=None).values_list("key", flat=True))
    threshold = rule.policy.current.threshold
    broken = {key for key, one in readings.items() if one.value >= threshold}
    for key in sorted(known | broken):
        reading = readings.get(key) or Reading(key=key, value=0.0, output="It is not there any more.")
        move(rule, reading, at, is_broken=key in broken)


@transaction.atomic
def move(rule: Rule, reading: Reading, at: float, *, is_broken: bool) -> None:
    """Move one alert on, and write down what is to be told, in one transaction."""
    found = Alert.objects.select_for_update().filter(rule=rule.name, key=reading.key, resolved_at=None).first()
    row, policy = found or begun(rule.name, reading.key, at), rule.policy.current
    terms = Terms(for_seconds=policy.for_seconds, repeat_seconds=policy.repeat_seconds)
    course, event = step(course_of(found), look_of(row, at, is_broken=is_broken), terms)
    row.value, row.threshold, row.output = reading.value, policy.threshold, reading.output[:500]
    keep(row, course)
    if event is not None:
        write_deliveries(row, event, rule, moment(at))
        show_alert(row)


def begun(name: str, key: str, at: float) -> Alert:
    """Return a new alert, not saved; as silent as the last of its kind was told to be."""
    last = Alert.objects.filter(rule=name, key=key, silenced_until__gt=moment(at)).order_by("-pk").first()
    return Alert(rule=name, key=key, since=moment(at), silenced_until=last.silenced_until if last else None)


def look_of(row: Alert, at: float, *, is_broken: bool) -> Look:
    """Return the look with what staff have said of the alert."""
    return Look(
        is_broken=is_broken,
        at=at,
        is_silenced=row.silenced_until is not None and row.silenced_until > moment(at),
        is_acknowledged=row.acknowledged_at is not None,
    )


def keep(row: Alert, course: Course) -> None:
    """Save the alert; one that came to nothing is forgotten."""
    if course.state is State.CALM and row.raised_at is None:
        if row.pk:
            row.delete()
        return
    follow(row, course)
    row.save()
