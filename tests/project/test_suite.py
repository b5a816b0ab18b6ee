"""What keeps the suite quick: the order of tests, copies of migrated databases, measuring few processes."""

import os
import sqlite3
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from tests.order import arranged
from tests.servers.measured import CONFIGURATION, is_measured, measure, unmeasured
from tests.servers.migrated import migrated_file

TABLES = {"chat_message", "tuning_policyrevision"}


def items(*rooms: str) -> list[Any]:
    """Return ten tests of each room."""
    return [SimpleNamespace(nodeid=f"tests/{room}/test_x.py::{number}") for room in rooms for number in range(10)]


@pytest.mark.parametrize("shares", [1, 2, 3, 50])
def test_every_test_keeps_its_place_in_the_order_once(shares: int) -> None:
    found = items("chat", "e2e", "edge", "stack", "tuning")
    ordered = arranged(found, shares=shares)
    assert sorted(item.nodeid for item in ordered) == sorted(item.nodeid for item in found)


def test_each_slow_room_starts_a_share() -> None:
    ordered = arranged(items("chat", "e2e", "edge", "project", "stack", "tuning"), shares=3)
    assert [item.nodeid.split("/")[1] for item in ordered[:40:20]] == ["e2e", "stack"]
    assert ordered[-1].nodeid.startswith("tests/tuning/")


def test_the_migrated_postgres_database_has_all_tables(migrated_url: str) -> None:
    with psycopg.connect(migrated_url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert {name for (name,) in rows} >= TABLES


def test_the_migrated_file_has_all_tables_and_is_whole_by_itself() -> None:
    with closing(sqlite3.connect(f"file:{migrated_file()}?immutable=1", uri=True)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert names >= TABLES
    assert not migrated_file().with_name(f"{migrated_file().name}-wal").exists()


def test_processes_of_a_test_without_the_mark_are_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_measured(os.environ)
    monkeypatch.setattr("tests.servers.measured._kept", "how")
    measure(wanted=True)
    assert is_measured(os.environ)
    assert CONFIGURATION not in unmeasured(os.environ)
    measure(wanted=False)
    assert not is_measured(os.environ)
