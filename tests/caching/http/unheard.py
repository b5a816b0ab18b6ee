"""What another process says, and this one never hears."""

from django.db import connection, transaction

from apps.caching.current import store


def elsewhere(names: list[str]) -> None:
    """Say in the shared store what a process says that we never hear of."""
    with transaction.atomic():
        lease = store().hold(names, connection)
    store().release(lease)
