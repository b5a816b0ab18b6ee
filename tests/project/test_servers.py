"""The private servers that the other tests stand on."""

import signal
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from tests.project.variables import PROJECT
from tests.servers.deadline import eventually
from tests.servers.postgres import running_postgres
from tests.servers.process import ServerError, ServerProcess, listening
from tests.servers.redis import running_redis


def test_postgres_url_is_an_empty_database(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        count = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert count == (0,)


def test_redis_url_answers(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.ping()
        assert client.dbsize() == 0


def test_the_postgres_from_pypi_stands_in_for_the_systems(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tests.servers.postgres.SYSTEM", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with running_postgres(durable=True) as server, server.database() as url, psycopg.connect(url) as connection:
        assert connection.info.server_version // 10_000 == 18
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
    assert not listening(server.port)


def test_the_redis_from_pypi_stands_in_for_the_systems(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with running_redis() as server, redis.Redis(port=server.port) as client:
        assert client.info()["redis_version"].startswith("6.2")
    assert not listening(server.port)


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    process = ServerProcess([sys.executable, "-c", "raise SystemExit('no luck')"], log=tmp_path / "log")
    with pytest.raises(ServerError, match=r"ended with status 1 before it was ready\nno luck"):
        process.wait_until(lambda: False)
    process.kill()
    assert process.returncode == 1


def test_killing_a_server_ends_what_it_started(tmp_path: Path) -> None:
    process = ServerProcess(["sh", "-c", "sleep 600 & echo $!; wait"], log=tmp_path / "log")
    child = int(eventually(process.log, what="the child's id"))
    process.kill()
    assert eventually(lambda: has_ended(child), what="the end of the child")


STARTER = """
import pathlib, sys, time
from tests.servers.process import ServerProcess
print(ServerProcess(["sleep", "600"], log=pathlib.Path(sys.argv[1])).pid, flush=True)
time.sleep(600)
"""


def test_a_server_ends_with_a_test_process_that_is_killed(tmp_path: Path) -> None:
    tester = ServerProcess([sys.executable, "-c", STARTER, str(tmp_path / "inner")], log=tmp_path / "log", cwd=PROJECT)
    server = int(eventually(tester.log, what="the server's id"))
    tester.send(signal.SIGKILL)
    assert eventually(lambda: has_ended(server), what="the end of the server")
    tester.kill()


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_nothing_listens_on_a_closed_port() -> None:
    assert not listening(1)
