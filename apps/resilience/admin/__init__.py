"""Resilience in the Django admin."""

from apps.resilience.admin.dependencies import DependencyAdmin

__all__ = ("DependencyAdmin",)
