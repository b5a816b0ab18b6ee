"""Connections to the database, where there is a pool of them."""

from typing import Any

from django.db import connections

from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import counter, gauge
from apps.monitoring.policy.recorders import DATABASE
from apps.monitoring.recorders.recorder import Recorder

POOL = gauge("database_pool_connections", "Connections of the pool; waiting: who has none yet.", "state")
ASKED = counter("database_pool_requests_total", "Wishes for a connection, by what came of them.", "result")
WAITED = counter("database_pool_wait_seconds_total", "How long wishes for a connection waited, in all.")
LOST = counter("database_pool_errors_total", "Connections that could not be made, or were lost.", "kind")
RESULTS = {"all": "requests_num", "queued": "requests_queued", "failed": "requests_errors"}
KINDS = {"connect": "connections_errors", "lost": "connections_lost"}
THOUSAND = 1_000


class DatabaseRecorder(Recorder[None]):
    """Looks at the pool's own figures; SQLite has none, and shows 0."""

    name = "database"
    policy = DATABASE

    def read(self, board: Board) -> None:
        """Put them on the board."""
        told = pool_figures()
        idle, size = told.get("pool_available", 0), told.get("pool_size", 0)
        states = {"in_use": size - idle, "idle": idle, "waiting": told.get("requests_waiting", 0)}
        for state, number in states.items():
            board.put(POOL, (state,), number)
        board.put(POOL, ("limit",), told.get("pool_max", 0))
        for result, name in RESULTS.items():
            board.put(ASKED, (result,), told.get(name, 0))
        for kind, name in KINDS.items():
            board.put(LOST, (kind,), told.get(name, 0))
        board.put(WAITED, (), told.get("requests_wait_ms", 0) / THOUSAND)


def pool_figures() -> dict[str, Any]:
    """Return what psycopg's pool tells; nothing where there is no pool. Opens no connection."""
    pool = getattr(connections["default"], "pool", None)
    return dict(pool.get_stats()) if pool is not None else {}
