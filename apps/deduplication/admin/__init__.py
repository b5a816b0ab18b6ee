"""Deduplication in the Django admin, each list in its own file."""

from apps.deduplication.admin.records import IdempotencyRecordAdmin

__all__ = ("IdempotencyRecordAdmin",)
