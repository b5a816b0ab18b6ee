"""The generation of this process, numbered by the Redis that the settings ask for."""

import os
from functools import partial
from itertools import count
from threading import Lock
from typing import Any

from django.conf import settings

from apps.backplane.connections import redis_client
from apps.backplane.current import bus
from apps.deduplication.flights.current import STORE_SECONDS, table
from apps.deduplication.http.generation import Generation, Next

KEY = "perfsite:generation"
# The clock makes numbers grow even when Redis has lost the last one; both sums stay below 2 to the power of 53.
ADVANCE = """
local time = redis.call('TIME')
local last = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), tonumber(ARGV[1]))
local number = string.format('%.0f', math.max(last + 1, time[1] * 1000000 + time[2]))
redis.call('SET', KEYS[1], number)
return number
"""
_lock = Lock()
_generations: dict[int, Generation] = {}


def generation() -> Generation:
    """Return this process's generation, made on first use; a forked child gets its own."""
    return _generations.get(os.getpid()) or _made()


def _made() -> Generation:
    with _lock:
        if os.getpid() not in _generations:
            _generations.clear()
            _generations[os.getpid()] = new_generation(settings.REDIS_URL)
        return _generations[os.getpid()]


def new_generation(url: str) -> Generation:
    """Return a generation over the Redis at the URL, or within the process for an empty one."""
    if not url:
        numbers = count(1)
        return Generation(lambda _: next(numbers), None, table().put)
    return Generation(numbered(url), bus(), table().put)


def numbered(url: str) -> Next:
    """Return what asks Redis for a number, unless flights know already that it is gone."""
    client = redis_client(url, purpose="generation", timeout_seconds=STORE_SECONDS, connections=64)
    return partial(_number, client.register_script(ADVANCE))


def _number(script: Any, known: int) -> int:
    flights = table()
    if flights.guarantee.is_lost:
        raise ConnectionError(flights.guarantee.reason)
    try:
        return int(script(keys=(KEY,), args=(known,)))
    except Exception as error:  # raised again: whatever it is, Redis does not answer
        flights.put(partial(flights.guarantee.lose, f"{type(error).__name__}: {error}"))
        raise
