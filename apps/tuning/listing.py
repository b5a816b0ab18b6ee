"""Policies as the shell shows them."""

from typing import Any

from apps.tuning.difference import Difference, shown
from apps.tuning.following import following
from apps.tuning.handle import Fallback
from apps.tuning.overview import Standing, standings
from apps.tuning.revisions import site_revision
from apps.tuning.services.changes import Changed
from apps.tuning.services.history import Step


def document() -> dict[str, Any]:
    """Return everything for programs."""
    revision = site_revision()
    return {
        "revision": revision,
        "policies": [_policy(standing) for standing in standings()],
        "followers": [
            {
                "origin": follower.origin,
                "revision": follower.revision,
                "seen_at": follower.seen_at.isoformat(),
                "is_current": follower.revision == revision,
            }
            for follower in following()
        ],
    }


def text() -> str:
    """Return everything for people: a line per policy, what differs from its default, who follows."""
    return "\n".join(line for standing in standings() for line in _lines(standing)) + "\n" + _followers()


def values_text(standing: Standing) -> str:
    """Return one policy's values, a FIELD=VALUE a line, each with its unit and default."""
    lines = [
        f"{field.name}={typed(standing.values[field.name])}"
        f"  # {field.knob.unit + ', ' if field.knob.unit else ''}default {typed(field.default)}: {field.knob.help}"
        for field in standing.handle.fields
    ]
    return "\n".join([*lines, *(_fallback(fallback) for fallback in standing.state.fallbacks)])


def step_text(step: Step) -> str:
    """Return one revision: who, when, why, and what it changed."""
    revision = step.revision
    head = f"{revision.number}  {revision.created_at:%Y-%m-%d %H:%M:%S} UTC  {revision.actor_name}: {revision.reason}"
    return "\n".join([head, *(f"   {difference_text(difference)}" for difference in step.differences)])


def changed_text(changed: Changed) -> str:
    """Return what came of a change."""
    if not changed.differences:
        return f"{changed.policy}: nothing changed, it is at revision {changed.number}."
    what = "; ".join(difference_text(difference) for difference in changed.differences)
    return f"{changed.policy}: revision {changed.number}. {what}"


def difference_text(difference: Difference) -> str:
    """Return one changed field."""
    return f"{difference.field}: {shown(difference.before)} → {shown(difference.after)}"


def typed(value: Any) -> str:
    """Return a value in the form that `policies set` takes."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def _policy(standing: Standing) -> dict[str, Any]:
    latest = standing.latest
    return {
        "name": standing.handle.name,
        "title": standing.handle.title,
        "number": standing.state.number,
        "revision": standing.state.revision,
        "changed_at": latest.created_at.isoformat() if latest else None,
        "changed_by": latest.actor_name if latest else None,
        "values": standing.values,
        "differing": [difference.field for difference in standing.differing],
        "fallbacks": [
            {"field": fallback.field, "stored": fallback.stored, "used": fallback.used, "reason": fallback.reason}
            for fallback in standing.state.fallbacks
        ],
    }


def _lines(standing: Standing) -> list[str]:
    latest = standing.latest
    when = f"{latest.created_at:%Y-%m-%d %H:%M} UTC by {latest.actor_name}" if latest else "at its defaults"
    fields = [f"   {difference_text(difference)}" for difference in standing.differing]
    head = f"{standing.handle.name:<12} revision {standing.state.number:<4} {when}"
    return [head, *fields, *(f"   {_fallback(fallback)}" for fallback in standing.state.fallbacks)]


def _fallback(fallback: Fallback) -> str:
    return f"! {fallback.field}: stored {fallback.stored!r} {fallback.reason} Used instead: {fallback.used!r}"


def _followers() -> str:
    revision, followers = site_revision(), following()
    if not followers:
        return f"Site revision {revision}; no process follows."
    each = [
        f"   {follower.origin}: {'current' if follower.revision == revision else f'still at {follower.revision}'}"
        for follower in followers
    ]
    return "\n".join([f"Site revision {revision}, followed by", *each])
