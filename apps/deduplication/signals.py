"""Rare events of deduplication; watchers subscribe, deduplication does not know them."""

from django.dispatch import Signal

guarantee_lost = Signal()  # reason: from now on identical work runs once per process only
guarantee_restored = Signal()  # lost_seconds: and once among all processes again
duplicate_found = Signal()  # count: executions that overlapped another of their key, and nothing declared it
