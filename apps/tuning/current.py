"""Bring this process to the revision that the database holds."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from apps.tuning.declaration import Policy
from apps.tuning.handle import Handle, State
from apps.tuning.registry import declared
from apps.tuning.revisions import Revision, latest_revisions, site_revision
from apps.tuning.signals import policy_changed
from apps.tuning.snapshot import snapshot

logger = logging.getLogger(__name__)
_lock = Lock()
_obeyed = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A policy that was swapped."""

    name: str
    before: Policy
    after: Policy


def refresh() -> int:
    """Obey what the database holds now, and return the site's revision. Blocks for one query, two after a change.

    A revision below ours is a database put back from a copy; it holds like any other.
    Reading and swapping happen under one lock, so a slower thread never brings an older revision back. The signals
    follow after it: by the time one arrives `current` may already be newer than its `after`.
    """
    global _obeyed  # noqa: PLW0603  (the process has one revision)
    with _lock:
        revision = site_revision()
        changes = list(_swapped(latest_revisions())) if revision != _obeyed else []
        _obeyed = revision
    for change in changes:
        policy_changed.send_robust(Policy, name=change.name, before=change.before, after=change.after)
    return revision


def obeyed_revision() -> int:
    """Return the revision of the site that this process obeys; 0 before any was loaded."""
    return _obeyed


def reset() -> None:
    """Go back to the defaults, as a process that has loaded nothing. Sends no signal; for tests."""
    global _obeyed  # noqa: PLW0603  (as above)
    with _lock:
        _obeyed = 0
        for handle in declared():
            handle.swap(State(policy=handle.default))


def _swapped(latest: Mapping[str, Revision]) -> Iterator[Change]:
    for handle in declared():
        before, state = handle.current, _state(handle, latest.get(handle.name))
        if state.revision == handle.state.revision:
            continue
        handle.swap(state)
        _tell_fallbacks(handle)
        if state.policy != before:
            yield Change(name=handle.name, before=before, after=state.policy)


def state_of(handle: Handle[Any], revision: Revision | None) -> State[Any]:
    """Return the policy at a revision, as this version of the code takes it."""
    if revision is None:
        return State(policy=handle.default)
    policy, fallbacks = snapshot(handle.kind, revision.values)
    return State(policy=policy, number=revision.number, revision=revision.id, fallbacks=fallbacks)


def _state(handle: Handle[Any], revision: Revision | None) -> State[Any]:
    try:
        return state_of(handle, revision)
    except Exception:  # a fault in one policy's check must not keep the others from their values; its own stay
        logger.exception("policy %s cannot be swapped: what holds stays", handle.name)
        return handle.state


def _tell_fallbacks(handle: Handle[Any]) -> None:
    for fallback in handle.state.fallbacks:
        logger.error(
            "policy %s, revision %s: %s = %r %s Used instead: %r.",
            handle.name,
            handle.state.number,
            fallback.field,
            fallback.stored,
            fallback.reason,
            fallback.used,
        )
