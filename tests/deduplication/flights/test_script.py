"""Scripts in Redis: what a call leaves behind when it fails."""

from collections.abc import Iterator

import pytest
from redis import Redis
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from apps.backplane.connections import redis_client
from apps.deduplication.flights.script import Script


@pytest.fixture
def client(redis_url: str) -> Iterator[Redis]:
    """A client with one connection, which gives up soon."""
    made = redis_client(redis_url, purpose="test", timeout_seconds=0.2, connections=1)
    yield made
    made.close()


def test_a_script_that_redis_has_forgotten_is_told_again(client: Redis) -> None:
    script = Script(client, "return {KEYS[1], ARGV[1]}")
    assert script(keys=["k"], args=[1]) == [b"k", b"1"]
    client.script_flush()
    assert script(keys=["k"], args=[2]) == [b"k", b"2"]


def test_an_error_of_a_script_is_its_callers_and_the_connection_goes_on(client: Redis) -> None:
    before = client.client_id()
    with pytest.raises(ResponseError, match="no such thing"):
        Script(client, "return redis.error_reply('no such thing')")(keys=[], args=[])
    assert Script(client, "return 1")(keys=[], args=[]) == 1
    assert client.client_id() == before


def test_an_answer_that_comes_too_late_is_nobody_elses(client: Redis, redis_url: str) -> None:
    pause = redis_client(redis_url, purpose="pause", timeout_seconds=5)
    script = Script(client, "return ARGV[1]")
    assert script(keys=[], args=["first"]) == b"first"
    pause.execute_command("CLIENT", "PAUSE", 400, "ALL")
    with pytest.raises(RedisTimeoutError):
        script(keys=[], args=["late"])
    pause.ping()
    pause.close()
    assert script(keys=[], args=["next"]) == b"next"
