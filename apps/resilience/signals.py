"""Rare events of resilience; watchers subscribe, resilience does not know them."""

from django.dispatch import Signal

breaker_changed = Signal()  # name, transition: sent in the process whose breaker went from one state to another
