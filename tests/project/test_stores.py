"""DATABASE_URL, REDIS_URL and CELERY_BROKER_URL as Django, redis-py and Celery get them."""

import socket
from contextlib import ExitStack
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from celery import Celery
from django.core.exceptions import ImproperlyConfigured
from kombu.exceptions import OperationalError as BrokerError

from perfsite.broker import CONNECT_SECONDS, IN_PROCESS, broker_options, broker_url
from perfsite.database import database_entry
from perfsite.env import Environment
from perfsite.redis import redis_url


def entry(url: str) -> dict[str, Any]:
    return database_entry(urlsplit(url), connection_limit=7, timeout_ms=2500)


def redis_of(**variables: str) -> str:
    return redis_url(Environment(variables))


def connection(url: str) -> dict[str, Any]:
    return redis.ConnectionPool.from_url(url).connection_kwargs


def test_sqlite_takes_an_absolute_path_and_locks_at_the_start() -> None:
    sqlite = entry("sqlite:////srv/my%20data/perfsite.sqlite3")
    assert sqlite["NAME"] == "/srv/my data/perfsite.sqlite3"
    assert sqlite["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert sqlite["OPTIONS"]["timeout"] == 2.5
    assert "journal_mode=WAL" in sqlite["OPTIONS"]["init_command"]


@pytest.mark.parametrize("url", ["sqlite:///data.db", "sqlite://host/data.db", "sqlite:", "sqlite:////a?mode=ro"])
def test_sqlite_without_an_absolute_path_alone_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_URL: SQLite takes an absolute path"):
        entry(url)


def test_postgres_gets_a_pool_and_bounded_waits() -> None:
    postgres = entry("postgresql://us%40er:p%23ss@db.example:6543/chat")
    assert (postgres["USER"], postgres["PASSWORD"], postgres["NAME"]) == ("us@er", "p#ss", "chat")
    assert (postgres["HOST"], postgres["PORT"]) == ("db.example", "6543")
    assert postgres["OPTIONS"]["pool"] == {"min_size": 1, "max_size": 7, "timeout": 0.4, "reconnect_timeout": 1.0}
    assert postgres["PATIENCE_SECONDS"] == 2.5
    assert "lock_timeout=2500" in postgres["OPTIONS"]["options"]


def test_postgres_options_of_the_url_are_kept() -> None:
    postgres = entry("postgres:///chat?host=/run/postgresql&sslmode=require&connect_timeout=9&options=-c%20jit%3Doff")
    assert postgres["HOST"] == "/run/postgresql"
    assert postgres["OPTIONS"]["sslmode"] == "require"
    assert postgres["OPTIONS"]["connect_timeout"] == "9"
    assert postgres["OPTIONS"]["options"].endswith("-c jit=off")
    assert "lock_timeout=2500" in postgres["OPTIONS"]["options"]


@pytest.mark.parametrize(
    "url", ["postgresql://host", "postgresql://u:p#w@host/chat", "postgresql://host/chat?sslmod=x"]
)
def test_postgres_urls_that_lack_or_mistake_something_are_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_URL: ") as refusal:
        entry(url)
    assert "u:p" not in str(refusal.value)


def test_without_redis_the_url_is_empty() -> None:
    assert redis_of() == ""


def test_redis_parts_make_a_url_that_redis_reads_back() -> None:
    url = redis_of(REDIS_HOST="cache", REDIS_PORT="6380", REDIS_PASSWORD="p@ss/#", REDIS_DB="3")
    found = connection(url)
    assert (found["host"], found["port"], found["password"], found["db"]) == ("cache", 6380, "p@ss/#", 3)


def test_a_certificate_authority_encrypts_the_parts() -> None:
    url = redis_of(REDIS_HOST="cache", REDIS_TLS_CA="/etc/ca.pem")
    assert url.startswith("rediss://cache:6379/0?")
    assert connection(url)["ssl_ca_certs"] == "/etc/ca.pem"


def test_a_certificate_authority_joins_the_query_of_the_url() -> None:
    url = redis_of(REDIS_URL="rediss://cache/2?socket_timeout=3", REDIS_TLS_CA="/etc/ca.pem")
    assert connection(url)["ssl_ca_certs"] == "/etc/ca.pem"
    assert connection(url)["socket_timeout"] == 3.0


@pytest.mark.parametrize("url", ["redis://cache", "redis://:pw@cache:6379/4", "unix:///run/redis.sock?db=1"])
def test_a_redis_url_stays_as_it_is(url: str) -> None:
    assert redis_of(REDIS_URL=url) == url


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("REDIS_URL", {"REDIS_URL": "http://cache"}),
        ("REDIS_URL", {"REDIS_URL": "redis://cache/chat"}),
        ("REDIS_URL", {"REDIS_URL": "redis:///0"}),
        ("REDIS_URL", {"REDIS_URL": "unix://run/redis.sock".replace("//", "")}),
        ("REDIS_URL", {"REDIS_URL": "redis://a", "REDIS_DB": "0"}),
        ("REDIS_TLS_CA", {"REDIS_URL": "redis://a", "REDIS_TLS_CA": "/etc/ca.pem"}),
        ("REDIS_TLS_CA", {"REDIS_TLS_CA": "/etc/ca.pem"}),
        ("REDIS_PORT", {"REDIS_PORT": "6379"}),
        ("REDIS_PORT", {"REDIS_HOST": "a", "REDIS_PORT": "many"}),
        ("REDIS_DB", {"REDIS_HOST": "a", "REDIS_DB": "-1"}),
    ],
)
def test_wrong_redis_variables_are_refused_by_name(name: str, variables: dict[str, str]) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        redis_of(**variables)


@pytest.mark.parametrize("url", ["redis://h:6379/1", "sentinel://a:26379;sentinel://b:26379"])
def test_a_broker_url_stays_as_it_is(url: str) -> None:
    assert broker_url(Environment({"CELERY_BROKER_URL": url})) == url


@pytest.mark.parametrize("url", ["", "memory://"])
def test_without_a_broker_tasks_run_in_process(url: str) -> None:
    assert broker_url(Environment({"CELERY_BROKER_URL": url})) == IN_PROCESS


@pytest.mark.parametrize("url", ["kafka://h", "redis", "redis://", "redis://a;http://b"])
def test_another_broker_is_refused_by_name(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^CELERY_BROKER_URL: "):
        broker_url(Environment({"CELERY_BROKER_URL": url}))


def test_a_broker_that_does_not_answer_is_given_up_in_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf, ExitStack() as filling:
        port = deaf.getsockname()[1]
        for _ in range(4):  # with its queue full, the kernel answers nobody
            waiting = filling.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        tasks = Celery(broker=f"redis://127.0.0.1:{port}/0", set_as_current=False)
        tasks.conf.broker_transport_options = broker_options(tasks.conf.broker_url)
        began = monotonic()
        with pytest.raises(BrokerError):
            tasks.send_task("anything", retry=False)
        assert monotonic() - began < 3 * CONNECT_SECONDS


def test_a_broker_that_takes_the_connection_and_says_nothing_is_given_up_in_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        tasks = Celery(broker=f"redis://127.0.0.1:{mute.getsockname()[1]}/0", set_as_current=False)
        tasks.conf.broker_transport_options = {**broker_options("redis://h"), "socket_timeout": 0.3}
        began = monotonic()
        with pytest.raises(BrokerError):
            tasks.send_task("anything", retry=False)
        assert monotonic() - began < 3


def test_a_broker_that_bounds_itself_is_left_to_it() -> None:
    assert broker_options("amqp://h") == {}
    assert broker_options(IN_PROCESS) == {"polling_interval": 0.1}
