"""Limits on real servers: two workers and one Redis count together; proxies are believed about addresses."""

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from tests.servers.redis import Redis
from tests.servers.site import Site, running_site
from tests.stack.live.people import People, called, people

READS, WRITES, SIGN_INS = 100, 40, 5
KNOBS = (f"reads_per_minute={READS}", f"writes_per_minute={WRITES}", f"sign_ins_per_minute={SIGN_INS}")
PATIENT = ("attempt_seconds=5", "deadline_seconds=10", "slow_seconds=5")
PREPARE = f"""
from django.core.management import call_command
call_command("policies", "set", "limits", *{KNOBS}, "--reason", "tests reach them")
call_command("policies", "set", "redis_limits_pipeline", *{PATIENT}, "--reason", "tests are patient")
"""
LEASE = READS // 20  # what a worker may hold, given to nobody yet


@pytest.fixture(scope="module")
def workers(redis_server: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two workers with tight limits."""
    redis_server.flush()
    path = tmp_path_factory.mktemp("limits")
    with running_site(path, "--workers=2", prepare=prepared, REDIS_URL=redis_server.url()) as site:
        yield site


def prepared(site: Site) -> None:
    """Set tight limits, and patience: a busy machine is no lost Redis."""
    site.manage("shell", "--verbosity=0", "--command", PREPARE)


@pytest.fixture(scope="module")
def crowd(workers: Site) -> People:
    """Two accounts, so that no test spends another's share."""
    return people(workers, "ann", "bob", conversations=1)


def statuses(site: Site, cookies: str, method: str, paths: list[str]) -> list[int]:
    """Call all of them, eight at a time, each over a connection of its own: both workers get some."""
    body = {"title": "A talk"} if method == "POST" else None
    with ThreadPoolExecutor(8) as pool:
        return [status for status, _ in pool.map(lambda path: called(site, cookies, method, path, body), paths)]


def test_two_workers_share_one_limit_to_the_one(workers: Site, crowd: People) -> None:
    began = monotonic()
    found = statuses(workers, crowd.cookies("ann"), "POST", ["/conversations"] * (2 * WRITES))
    refilled = (monotonic() - began) * WRITES / 60
    assert set(found) == {201, 429}
    assert WRITES <= found.count(201) <= WRITES + refilled + 1


def test_reads_are_shared_within_the_leases(workers: Site, crowd: People) -> None:
    began = monotonic()
    paths = [f"/conversations/{10_000 + number}" for number in range(2 * READS)]
    found = statuses(workers, crowd.cookies("bob"), "GET", paths)
    refilled = (monotonic() - began) * READS / 60
    assert set(found) == {404, 429}
    assert READS - 2 * LEASE <= found.count(404) <= READS + refilled + 1


def test_a_client_behind_a_proxy_cannot_pose_as_others(workers: Site) -> None:
    tries = [tried(workers, f"203.0.113.{number}, 198.51.100.7") for number in range(SIGN_INS + 1)]
    assert tries == [200] * SIGN_INS + [429]
    assert tried(workers, "198.51.100.7, 198.51.100.8") == 200


def tried(site: Site, forwarded_for: str) -> int:
    """Try to sign in with a wrong password behind a proxy on this machine; return the status."""
    fields = urllib.parse.urlencode({"username": "ann", "password": "x", "csrfmiddlewaretoken": "c" * 32})
    headers = {"X-Forwarded-For": forwarded_for, "Cookie": f"csrftoken={'c' * 32}"}
    request = urllib.request.Request(f"{site.url}/accounts/login/", fields.encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
