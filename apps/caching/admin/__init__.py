"""Caching in the Django admin, each list in its own file."""

from apps.caching.admin.namespaces import CacheNamespaceAdmin
from apps.caching.admin.violations import FreshnessViolationAdmin

__all__ = ("CacheNamespaceAdmin", "FreshnessViolationAdmin")
