"""Stores over Redis for tests, whose connections end with the test.

A client refers to itself by way of its handlers: left to the collection, a socket may go before who would close it.
"""

from redis import Redis

from apps.backplane.connections import redis_client
from apps.backplane.local import LocalBus
from apps.caching import current
from apps.caching.stores.redis_store import RedisStore
from apps.resilience.pipeline import pipeline

_clients: list[Redis] = []


def over_redis(url: str, *, hold_seconds: float = 5.0) -> RedisStore:
    """Return a store over the Redis at the URL."""
    client = redis_client(url, purpose="cache", timeout_seconds=0.5)
    _clients.append(client)
    return RedisStore(client, pipeline("redis_cache"), LocalBus(), hold_seconds=hold_seconds)


def close_all() -> None:
    """Close the connections of those stores, and of this process's own."""
    pools = [client.connection_pool for client in _clients]
    pools += [store._wire._pool for store in current._stores.values() if isinstance(store, RedisStore)]
    _clients.clear()
    for pool in pools:
        pool.disconnect()
