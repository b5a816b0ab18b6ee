"""Connections to Postgres behind a breaker: where the server is gone, all know at once and none queues for it.

The breaker goes by no policy. Policies are kept in the database: one that shut it would take away the way back.
"""

import time
from collections import Counter
from select import POLLIN, poll
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError
from psycopg_pool import ConnectionPool, PoolTimeout

from apps.resilience.breaker import Breaker, Rules
from apps.resilience.exceptions import CircuitOpenError

RULES = Rules(
    failures_in_a_row=3,
    failure_rate=0.0,
    slow_rate=0.0,
    recovery_seconds=0.5,
    recovery_growth=1.0,
    recovery_jitter=1.0,
    probe_seconds=15.0,
)


def has_ended(connection: Connection[Any]) -> bool:
    """Return whether the server has ended an idle connection. A round trip only where it has said something unasked.

    That is how an end is heard of, and asking a server that says nothing would be one statement more for each request.
    """
    look = poll()
    look.register(connection.fileno(), POLLIN)
    if not look.poll(0):
        return False
    try:
        ConnectionPool.check_connection(connection)
    except OperationalError:
        return True
    return False


class PoolExhaustedError(PoolTimeout):
    """All connections were in use for longer than the patience: the server is there, and busy."""


_failed_when_well: Counter[str] = Counter()  # attempts of each pool that had failed when one succeeded
breaker = Breaker("database", RULES, exclude=[PoolExhaustedError])


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with the way to a connection bounded by what is known of the server."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection; raise OperationalError, without waiting while the server is known to be gone.

        Blocks for half a second for a server that refuses, and for PATIENCE_SECONDS for a free connection.
        """
        try:
            return breaker.call(self._connection, conn_params)
        except CircuitOpenError as error:
            raise OperationalError(str(error)) from error

    def _connection(self, conn_params: dict[str, Any]) -> Any:
        until = time.monotonic() + self.settings_dict.get("PATIENCE_SECONDS", 0.0)
        while True:
            try:
                connection = self._living(conn_params)
            except PoolTimeout as error:
                if self._failed_attempts() > _failed_when_well[self.alias]:
                    raise
                if time.monotonic() >= until:
                    raise PoolExhaustedError(str(error)) from error
            else:
                _failed_when_well[self.alias] = self._failed_attempts()
                return connection

    def _living(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection that the server has not ended; the pool replaces those that it has."""
        while True:
            connection = super().get_new_connection(conn_params)
            if self.pool is None or not has_ended(connection):
                return connection
            connection.close()
            self.pool.putconn(connection)

    def _failed_attempts(self) -> int:
        """Return how often the pool tried to connect and could not."""
        pool = self.pool
        return int(pool.get_stats().get("connections_errors", 0)) if pool else 0
