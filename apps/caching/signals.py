"""Rare events of the cache; watchers subscribe, the cache does not know them."""

from django.dispatch import Signal

tags_invalidated = Signal()  # names, cause: sent in the process that wrote, after the commit, without a lock
freshness_violated = Signal()  # namespace, digest, level, why: found by the auditor
