"""A cleared namespace is forgotten by memory as soon as its policy says so: entries are found there by their keys."""

from typing import Any

from apps.caching.namespace import Namespace, namespaces
from apps.caching.policy import CachePolicy
from apps.caching.sessions import sessions
from apps.tuning.signals import policy_changed


def watch() -> None:
    """Hear of every policy that changes in this process."""
    policy_changed.connect(_obey, dispatch_uid="caching.clearing")


def forget(namespace: Namespace[Any]) -> None:
    """Empty both levels of memory of the namespace, in this process."""
    namespace.shelf.clear()
    sessions.clear_namespace(namespace.name)


def _obey(*, name: str, before: object, after: object, **_: object) -> None:
    if not isinstance(before, CachePolicy) or not isinstance(after, CachePolicy):
        return
    if before.clearings != after.clearings:
        for namespace in namespaces():
            if namespace.policy.name == name:
                forget(namespace)
