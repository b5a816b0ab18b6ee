"""Each dependency is stopped under a running site: what is told within two seconds, and that it heals."""

import http.client
import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psutil
import psycopg
import pytest

from tests.servers.deadline import eventually
from tests.servers.postgres import Postgres, running_postgres
from tests.servers.process import ServerProcess
from tests.servers.redis import answers, running_redis
from tests.servers.site import Site, running_site
from tests.servers.task_worker import running_task_worker

TOKEN = "a token for those who look"
BOUNDS = ("memory_percent=100", "cpu_percent=100", "disk_percent=100")  # the test's machine is none of its business
SECONDS = 2.0
Told = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A site and all it depends on, each with a way to end and to begin again."""

    site: Site
    processes: dict[str, ServerProcess]
    postgres: Postgres
    is_back: dict[str, Callable[[], bool]]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("health")
    with running_postgres() as postgres, running_redis() as redis:
        variables = {
            "DATABASE_URL": postgres.url(),
            "REDIS_URL": redis.url(0),
            "CELERY_BROKER_URL": redis.url(1),
            "METRICS_TOKEN": TOKEN,
        }

        def prepare(site: Site) -> None:
            site.manage("policies", "set", "health", *BOUNDS, "--reason", "the machine is busy with tests")

        with (
            running_site(folder / "site", prepare=prepare, **variables) as site,
            running_task_worker(folder, site.env) as worker,
        ):
            yield Stack(
                site=site,
                processes={"redis": redis.process, "database": postgres.process, "queues": worker},
                postgres=postgres,
                is_back={"redis": lambda: answers(redis), "database": lambda: is_open(postgres), "queues": bool_of},
            )


def bool_of() -> bool:
    return True


def is_open(postgres: Postgres) -> bool:
    try:
        psycopg.connect(postgres.url(), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def asked(site: Site, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    try:
        connection.request(method, path, headers={name.title(): value for name, value in headers.items()})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def told(site: Site, path: str) -> Told:
    status, body = asked(site, path)
    return status, json.loads(body)["status"]


def checks(site: Site) -> dict[str, str]:
    """Return the worst status of each check, as whoever has the token is told."""
    _, body = asked(site, "/api/health/detailed", authorization=f"Bearer {TOKEN}")
    found: dict[str, str] = {}
    for name, [entry] in json.loads(body)["checks"].items():
        check = name.split(":")[0]
        found[check] = max(found.get(check, ""), entry["status"], key=["", "pass", "warn", "fail"].index)
    return found


def signalled(process: ServerProcess, number: signal.Signals) -> None:
    """Send a signal to a server and to the processes it has made, which may be in groups of their own."""
    whole = psutil.Process(process.pid)
    for one in (whole, *whole.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):  # a process of the database that has done its work
            one.send_signal(number)


def stopped(process: ServerProcess, how: str) -> None:
    if how == "hangs":
        signalled(process, signal.SIGSTOP)
    else:
        process.kill()


def begun_again(process: ServerProcess, how: str) -> None:
    if how == "hangs":
        signalled(process, signal.SIGCONT)
    else:
        process.start_again()


@pytest.mark.parametrize("how", ["hangs", "is killed"])
@pytest.mark.parametrize(
    ("name", "expected"), [("redis", (200, "warn")), ("database", (503, "fail")), ("queues", (200, "warn"))]
)
def test_a_dependency_that_ends_is_told_within_two_seconds_and_heals(
    stack: Stack, name: str, how: str, expected: Told
) -> None:
    site, process = stack.site, stack.processes[name]
    eventually(lambda: told(site, "/readyz") == (200, "pass"), seconds=30, what=f"health, now {checks(site)}")
    began = time.monotonic()
    stopped(process, how)
    try:
        eventually(lambda: told(site, "/readyz") == expected, seconds=SECONDS, what=f"{expected} of {name}")
        assert time.monotonic() - began < SECONDS + 0.5
        assert told(site, "/api/health") == expected
        assert checks(site)[name] == expected[1]
        assert told(site, "/livez") == (200, "pass")
    finally:
        begun_again(process, how)
    eventually(stack.is_back[name], seconds=20)
    eventually(lambda: told(site, "/readyz") == (200, "pass"), seconds=30, what="its recovery")
    assert checks(site)[name] == "pass"


def test_changes_of_health_are_kept_even_those_of_a_database_that_was_gone(stack: Stack) -> None:
    signalled(stack.processes["database"], signal.SIGSTOP)
    eventually(lambda: told(stack.site, "/readyz")[0] == 503, seconds=5)
    signalled(stack.processes["database"], signal.SIGCONT)
    eventually(lambda: told(stack.site, "/readyz") == (200, "pass"), seconds=20)

    def kept() -> Any:
        with psycopg.connect(stack.postgres.url()) as connection:
            rows = connection.execute(
                "SELECT before, after FROM monitoring_healthchange WHERE check_name = 'database' ORDER BY id DESC"
            ).fetchall()
        return rows[:2] == [("fail", "pass"), ("pass", "fail")]

    assert eventually(kept, seconds=10, what="the history")


def test_the_command_tells_by_its_exit_status(stack: Stack) -> None:
    assert stack.site.manage("health", check=False).returncode == 0
    signalled(stack.processes["redis"], signal.SIGSTOP)
    warned = stack.site.manage("health", "--detailed", check=False)
    signalled(stack.processes["redis"], signal.SIGCONT)
    stack.processes["database"].kill()
    failed = stack.site.manage("health", check=False)
    stack.postgres.start_again()
    assert (warned.returncode, failed.returncode) == (1, 2)
    assert json.loads(warned.stdout)["checks"]["redis:responseTime"][0]["status"] == "warn"
    assert json.loads(failed.stdout)["status"] == "fail"
