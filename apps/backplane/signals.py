"""What happens to the Redis that all use; watchers subscribe, the backplane does not know them."""

from django.dispatch import Signal

primary_changed = Signal()  # primary, before: host:port of either; sent in each process, without a lock
