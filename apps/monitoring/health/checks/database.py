"""The database: whether it answers, how soon, its pool, and whether it is of this version."""

import time
from typing import ClassVar

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.finding import Finding
from apps.monitoring.health.status import Status


class DatabaseCheck(Check):
    """Without it nothing can be written, and little read: the only check that fails the site."""

    name = "database"
    component_type = "datastore"
    is_blocking = True
    without_answer: ClassVar[Status] = Status.FAIL

    def __init__(self) -> None:
        self._wanted: set[tuple[str, str]] | None = None
        self._is_current = False

    def look(self) -> list[Finding]:
        """Ask; raise what django-health-check raises where there is no answer."""
        # Its DNS check loads a resolver, which a process that nobody probes need not have.
        from health_check.checks import Database

        began = time.perf_counter()
        Database().run()
        taken = round((time.perf_counter() - began) * 1000, 2)
        return [Finding(measurement="responseTime", value=taken, unit="ms"), *self._pool(), self._migrations()]

    def close(self) -> None:
        """Give the thread's connection back."""
        connection.close()

    def _pool(self) -> list[Finding]:
        pool = getattr(connection, "pool", None)
        if pool is None:
            return []
        figures = pool.get_stats()
        used = figures.get("pool_size", 0) - figures.get("pool_available", 0)
        is_full = used >= pool.max_size
        return [
            Finding(
                measurement="connections",
                status=Status.WARN if is_full else Status.PASS,
                value=used,
                unit=f"of {pool.max_size}",
                output=f"All are in use; {figures.get('requests_waiting', 0)} wait." if is_full else "",
            )
        ]

    def _migrations(self) -> Finding:
        """Ask until all are applied; from then on they are."""
        missing = set() if self._is_current else self._missing()
        self._is_current = not missing
        return Finding(
            measurement="migrations",
            status=Status.FAIL if missing else Status.PASS,
            value=len(missing),
            unit="not applied",
            output="Run `manage.py migrate`." if missing else "",
        )

    def _missing(self) -> set[tuple[str, str]]:
        if self._wanted is None:
            self._wanted = set(MigrationLoader(None).disk_migrations)
        try:
            return self._wanted - set(MigrationRecorder(connection).applied_migrations())
        finally:
            connection.close()
