"""`manage.py serve` as a process: what it refuses, what it says, how it ends."""

import json
import signal
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.edge.wire import Wire
from tests.servers.deadline import eventually
from tests.servers.process import free_port, listening
from tests.servers.site import MANAGE, Site, clean_environment, running_site

pytestmark = pytest.mark.measured  # what only a server process runs is run here
SITE = {"DJANGO_SETTINGS_MODULE": "tests.edge.settings"}
Start = Callable[..., Site]


def report(site: Site) -> dict[str, Any]:
    with urllib.request.urlopen(f"{site.url}/report", timeout=30) as answer:
        return json.loads(answer.read())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server for tests that leave it running."""
    with running_site(tmp_path_factory.mktemp("running") / "site", **SITE) as site:
        yield site


def test_taken_port_is_told_in_one_line_with_a_way_out(running: Site) -> None:
    second = running.manage("serve", f"--port={running.port}", check=False)
    assert second.returncode == 1
    assert second.stderr == (
        f"CommandError: Cannot listen on 127.0.0.1 port {running.port}: Address already in use. "
        f"Choose another: PORT={running.port + 1}.\n"
    )


def test_more_than_one_worker_without_redis_is_refused_with_the_reason(running: Site) -> None:
    refused = running.manage("serve", f"--port={free_port()}", "--workers=2", check=False)
    assert refused.returncode == 1
    assert "--workers 2 needs Redis" in refused.stderr
    assert "Set REDIS_URL, or serve with one worker." in refused.stderr


def test_start_says_where_it_serves_from_what_and_that_https_is_off(running: Site) -> None:
    log = running.process.log()
    assert f"Serving on {running.url} (1 process, 16 threads)" in log
    assert f"Database: SQLite {running.data_dir / 'perfsite.sqlite3'}. Cache: in the database." in log
    assert "HTTPS=off: cookies are not Secure" in log


def test_request_under_way_is_finished_when_the_server_is_told_to_stop(site: Start) -> None:
    running = site(**SITE)
    with Wire(running.port) as wire:
        wire.request("GET /sleep/1500 HTTP/1.1")
        eventually(lambda: "/sleep/1500" in report(running)["entered"])
        stopping = threading.Thread(target=running.process.send, args=(signal.SIGTERM,))
        stopping.start()
        status, headers, body = wire.response()
        stopping.join()
    assert (status, body, headers["connection"]) == (200, b"slept", "close")
    assert running.stop() == 0
    assert not listening(running.port)


def test_interrupt_from_the_keyboard_ends_it_without_a_traceback(site: Start) -> None:
    running = site(**SITE)
    assert running.process.stop(signal.SIGINT) == 0
    assert "Traceback" not in running.process.log()


def test_download_that_never_ends_does_not_hold_up_the_stop(site: Start) -> None:
    running = site(**SITE, REQUEST_TIMEOUT_SECONDS="1")
    with Wire(running.port) as wire:
        wire.request("GET /stream/endless HTTP/1.1")
        wire.exactly(100_000)
        assert running.stop() == 0


def test_view_that_hangs_does_not_hold_up_the_stop(site: Start) -> None:
    running = site(**SITE, REQUEST_TIMEOUT_SECONDS="1")
    with Wire(running.port) as wire:
        wire.request("GET /sleep/60000 HTTP/1.1")
        assert wire.response()[0] == 503
        assert running.stop() == 0


def test_workers_share_nothing_but_the_port_and_stop_together(migrated_url: str, redis_url: str, site: Start) -> None:
    running = site("--workers=2", **SITE, DATABASE_URL=migrated_url, REDIS_URL=redis_url, migrate=False)
    parent = psutil.Process(running.process.pid)
    seen: set[int] = set()
    eventually(lambda: seen.add(report(running)["process"]) or len(seen) == 2, what="both workers' answers")
    assert parent.pid not in seen
    assert [connection for connection in parent.net_connections() if connection.raddr] == []
    assert running.stop() == 0
    assert not any(psutil.pid_exists(pid) for pid in seen)


def test_worker_that_dies_is_replaced(migrated_url: str, redis_url: str, site: Start) -> None:
    running = site("--workers=2", **SITE, DATABASE_URL=migrated_url, REDIS_URL=redis_url, migrate=False)
    killed = report(running)["process"]
    psutil.Process(killed).kill()

    def others() -> set[int]:
        children = psutil.Process(running.process.pid).children()
        return {child.pid for child in children if child.status() != psutil.STATUS_ZOMBIE} - {killed}

    eventually(lambda: len(others()) >= 2 and running.answers(), what="the next worker")
    assert running.stop() == 0


def test_a_command_whose_database_is_away_says_so_in_one_line(tmp_path: Path) -> None:
    away = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    env = clean_environment(DATA_DIR=str(tmp_path), DATABASE_URL=away, DATABASE_TIMEOUT="500")
    ended = subprocess.run([*MANAGE, "migrate"], env=env, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("The database: ")
