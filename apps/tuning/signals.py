"""Rare events of tuning; watchers subscribe, tuning does not know them."""

from django.dispatch import Signal

policy_changed = Signal()  # name, before, after: frozen policies; sent in every process, after its swap, without a lock
