"""Connections to Postgres: nobody waits for a server that refuses, and a busy pool is no failure of it."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from select import select
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import OperationalError
from psycopg_pool import PoolTimeout

from apps.resilience.postgresql import base
from apps.resilience.postgresql.base import DatabaseWrapper
from perfsite.database import database_entry
from tests.servers.deadline import eventually
from tests.servers.postgres import Postgres, running_postgres

TERMINATE = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid != pg_backend_pid()
"""


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A cluster that the test stops."""
    with running_postgres() as running:
        yield running


@pytest.fixture
def connect(server: Postgres, django_db_blocker: Any) -> Iterator[Any]:
    """Make connections of one pool of two, with a second's patience for a free one; all are closed afterwards."""
    base.breaker.close()
    entry = database_entry(urlsplit(server.url()), connection_limit=2, timeout_ms=1000)
    defaults = {"ATOMIC_REQUESTS": False, "AUTOCOMMIT": True, "CONN_MAX_AGE": 0, "TIME_ZONE": None, "TEST": {}}
    made: list[DatabaseWrapper] = []

    def connected() -> DatabaseWrapper:
        made.append(DatabaseWrapper({**defaults, **entry}, alias="drill"))
        made[-1].inc_thread_sharing()
        made[-1].ensure_connection()
        return made[-1]

    with django_db_blocker.unblock():  # it is none of Django's own databases
        yield connected
        for one in made:
            with suppress(OperationalError):
                one.close()
        made[0].close_pool()
    base.breaker.close()


def answered(one: DatabaseWrapper) -> int:
    with one.cursor() as cursor:
        cursor.execute("SELECT 1")
        return int(cursor.fetchone()[0])


def refused_within(connect: Any) -> float:
    began = time.monotonic()
    with pytest.raises(OperationalError):
        connect()
    return time.monotonic() - began


def test_a_server_that_is_gone_is_known_to_be_gone_and_found_again(server: Postgres, connect: Any) -> None:
    one = connect()
    assert answered(one) == 1
    one.close()
    server.process.stop(signal.SIGQUIT)
    assert max(refused_within(connect) for _ in range(4)) < 1
    assert base.breaker.current_state == "open"
    assert min(refused_within(connect) for _ in range(3)) < 0.05, "once it is known nobody waits"
    server.start_again()

    def is_back() -> bool:
        with suppress(OperationalError):
            return answered(connect()) == 1
        return False

    assert eventually(is_back, seconds=10)
    assert base.breaker.current_state == "closed"


def test_connections_that_the_server_ended_are_replaced_without_anybody_noticing(
    server: Postgres, connect: Any
) -> None:
    first, second = connect(), connect()
    first.close()
    second.close()
    with psycopg.connect(server.url()) as other:
        other.execute(TERMINATE)
    assert [answered(connect()), answered(connect())] == [1, 1]
    assert base.breaker.view().window_failures == 0


def test_what_a_server_says_unasked_is_no_end(server: Postgres, connect: Any) -> None:
    one = connect()
    pid, driver = backend_of(one), one.connection
    with one.cursor() as cursor:
        cursor.execute("LISTEN news")
    one.close()
    with psycopg.connect(server.url(), autocommit=True) as other:
        other.execute("NOTIFY news")
    assert select([driver], [], [], 10)[0], "the server has said something"
    assert pid in {backend_of(connect()), backend_of(connect())}, "of a pool of two"


def backend_of(one: DatabaseWrapper) -> int:
    with one.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_a_pool_in_use_is_waited_for_and_is_no_failure_of_the_server(connect: Any) -> None:
    with ExitStack() as stack:
        for _ in range(2):
            stack.callback(connect().close)
        began = time.monotonic()
        with pytest.raises(OperationalError) as raised:
            connect()
        assert isinstance(raised.value.__cause__, PoolTimeout)
        assert time.monotonic() - began >= 1
    assert (base.breaker.view().window_failures, base.breaker.current_state) == (0, "closed")
    assert answered(connect()) == 1
