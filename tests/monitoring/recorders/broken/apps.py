"""Breaks recorders in each of the ways they can break."""

from typing import Any

from django.apps import AppConfig

SNAPSHOT_SECONDS = 1


class BrokenConfig(AppConfig):
    """Ready when the recorders are."""

    name = "tests.monitoring.recorders.broken"
    label = "broken"

    def ready(self) -> None:
        """Break them."""
        from apps.monitoring.recorders.breakers import BreakerRecorder
        from apps.monitoring.recorders.cache import CacheRecorder
        from apps.monitoring.recorders.exceptions import ExceptionRecorder
        from apps.monitoring.recorders.queries import QueryRecorder
        from apps.monitoring.snapshots import writer

        BreakerRecorder.listen = fails  # type: ignore[method-assign]
        CacheRecorder.read = fails  # type: ignore[method-assign]
        ExceptionRecorder.fold = fails  # type: ignore[method-assign]
        QueryRecorder.limit = 2
        writer.SECONDS = SNAPSHOT_SECONDS  # type: ignore[assignment]


def fails(*_: Any, **__: Any) -> None:
    """Raise."""
    raise RuntimeError("broken on purpose")
