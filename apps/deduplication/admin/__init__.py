"""Deduplication in the Django admin, each list in its own file."""

from apps.deduplication.admin.executions import FlightExecutionAdmin
from apps.deduplication.admin.flights import LiveFlightAdmin
from apps.deduplication.admin.records import IdempotencyRecordAdmin

__all__ = ("FlightExecutionAdmin", "IdempotencyRecordAdmin", "LiveFlightAdmin")
