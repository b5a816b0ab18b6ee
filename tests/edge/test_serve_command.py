"""What `serve` checks before it serves."""

import io
import socket
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.db.migrations.executor import MigrationExecutor

from perfsite import celery, server
from perfsite.management.commands import serve
from tests.servers.process import free_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, int]]:
    """Note what would be served, without serving it."""
    served: list[tuple[Any, int]] = []
    monkeypatch.setattr(server, "run", lambda listener, workers: served.append((listener.getsockname(), workers)))
    return served


def run(**options: Any) -> str:
    out = io.StringIO()
    call_command("serve", stdout=out, **{"port": free_port(), **options})
    return out.getvalue()


def test_serves_on_the_address_it_tells(served: Any) -> None:
    port = free_port()
    assert f"Serving on http://127.0.0.1:{port} (1 process, 16 threads)" in run(port=port)
    assert served == [(("127.0.0.1", port), 1)]


def test_ipv6_address_is_shown_in_brackets(served: Any) -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    assert "Serving on http://[::1]:" in run(host="::1")


def test_several_workers_are_told(served: Any, settings: Any) -> None:
    settings.REDIS_URL = "redis://:secret@cache.example:6379/0"
    told = run(workers=3)
    assert "(3 processes, 16 threads each)" in told
    assert "Cache: Redis on cache.example." in told
    assert "secret" not in told
    assert served[0][1] == 3


def test_https_expects_a_proxy_in_front(served: Any, settings: Any) -> None:
    settings.HTTPS = True
    assert "HTTPS=on: expects a TLS proxy in front" in run()


@pytest.mark.parametrize("workers", [0, -1])
def test_no_worker_at_all_is_refused(served: Any, workers: int) -> None:
    with pytest.raises(CommandError, match="--workers: at least one"):
        run(workers=workers)


def test_several_workers_without_redis_are_refused_with_the_reason(served: Any, settings: Any) -> None:
    settings.REDIS_URL = ""
    with pytest.raises(CommandError, match="--workers 2 needs Redis: without it each process has its own sockets"):
        run(workers=2)


def test_database_behind_its_migrations_is_refused(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *_: [object()] * 3)
    with pytest.raises(CommandError, match=r"3 migrations are not applied. Run `manage.py migrate` first."):
        run()


def test_database_that_does_not_answer_is_told(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(MigrationExecutor, "__init__", fail)
    with pytest.raises(CommandError, match="database of DATABASE_URL does not answer: connection refused"):
        run()


def test_redis_that_does_not_answer_is_told(served: Any, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert "Warning: Redis does not answer" in run()


def test_redis_that_answers_is_no_matter(served: Any, settings: Any, redis_url: str) -> None:
    settings.REDIS_URL = redis_url
    assert "Warning" not in run()


def test_missing_static_files_are_told(served: Any, settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    with pytest.raises(CommandError, match="Static files are not collected"):
        run()


def test_taken_port_names_a_way_out(served: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"port {port}: Address already in use. Choose another: PORT={port + 1}"):
            run(port=port)


def test_address_that_cannot_be_is_told(served: Any) -> None:
    with pytest.raises(CommandError, match=r"Cannot listen on no.such.host.invalid port 8000"):
        run(host="no.such.host.invalid", port=8000)


def test_number_that_is_no_port_is_told(served: Any) -> None:
    with pytest.raises(CommandError, match="--port: 70000 is not a port"):
        run(port=70_000)


def test_client_that_takes_nothing_is_dropped_by_the_kernel() -> None:
    with server.listen("127.0.0.1", 0) as listener:
        timeout = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == timeout == 30_000


def test_proxies_are_trusted_as_the_settings_say(settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    config = server.configuration(workers=1)
    assert (config.proxy_headers, config.forwarded_allow_ips) == (True, ["10.0.0.0/8"])
    settings.TRUSTED_PROXIES = []
    assert not server.configuration(workers=1).proxy_headers


def test_forking_worker_closes_its_connections_first(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []

    class Connection:
        def close(self) -> None:
            closed.append("connection")

        def close_pool(self) -> None:
            closed.append("pool")

    monkeypatch.setattr("django.db.connections.all", lambda **_: [Connection()])
    celery.worker_before_create_process.send(sender=None)
    assert closed == ["connection", "pool"]
    assert serve.Command.help
