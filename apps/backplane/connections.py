"""Where clients of Redis come from: django-redis's factories make them, named and bounded in time.

With Sentinels each connection asks them for the primary, so that after a failover the next one reaches the new.

Rooms above may lay a route for a purpose, which all commands of its clients go by: so they can be counted, rejected and
made to fail without this room knowing how.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from django_redis.pool import get_connection_factory
from redis import Redis
from redis.client import Pipeline

from apps.backplane.durations import Durations
from apps.backplane.primary import watch
from apps.backplane.topology import Topology, topology_of

CONNECT_SECONDS = 2.0
BATCH = "batch"  # what commands that are sent together are counted as
Route = Callable[..., Any]  # calls what it is given with the rest of its arguments, or raises a RedisError
_routes: dict[str, Route] = {}
commands: dict[str, Durations] = {}  # of this process, by name: each from its sending to its answer, or its error


def lay_route(purpose: str, route: Route) -> None:
    """Have all commands of the clients for a purpose go by the route, those of clients made already as well."""
    _routes[purpose] = route


class Client(Redis):
    """A client whose commands go by the route of its purpose. Subscriptions do not: they are no calls."""

    purpose = ""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send one command and return its answer."""
        begun = perf_counter()
        try:
            return _led(self.purpose, super().execute_command, *args, **options)
        finally:
            _timed(args[0], perf_counter() - begun)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> "Batch":  # noqa: FBT001, FBT002
        """Return a batch of commands; it goes by the route as one."""
        batch = Batch(self.connection_pool, self.response_callbacks, transaction, shard_hint)
        batch.purpose = self.purpose
        return batch


class Batch(Pipeline):
    """Commands that are sent together."""

    purpose = ""

    def execute(self, raise_on_error: bool = True) -> list[Any]:  # noqa: FBT001, FBT002  (redis-py's signature)
        """Send them and return their answers."""
        begun = perf_counter()
        try:
            answers: list[Any] = _led(self.purpose, super().execute, raise_on_error=raise_on_error)
        finally:
            _timed(BATCH, perf_counter() - begun)
        return answers


def redis_client(
    url: str,
    *,
    purpose: str,
    timeout_seconds: float,
    connect_seconds: float = CONNECT_SECONDS,
    connections: int = 4,
) -> Client:
    """Return a client that shows as perfsite:PURPOSE in CLIENT LIST and waits no longer than the timeouts."""
    topology = topology_of(url)
    options = {
        "CONNECTION_FACTORY": f"django_redis.pool.{'Sentinel' if topology.sentinels else ''}ConnectionFactory",
        "SOCKET_TIMEOUT": timeout_seconds,
        "SOCKET_CONNECT_TIMEOUT": connect_seconds,
        "CONNECTION_POOL_KWARGS": {
            "client_name": f"perfsite:{purpose}",
            "socket_keepalive": True,
            "retry": None,
            "max_connections": connections,
        },
    }
    if topology.sentinels:
        options |= {"SENTINELS": topology.sentinels, "SENTINEL_KWARGS": sentinel_options(topology, connect_seconds)}
    factory: Any = get_connection_factory(options)
    parameters = factory.make_connection_params(topology.url)
    pool = factory.get_connection_pool(parameters)  # of its own: purposes share none
    if topology.sentinels:
        watch(pool, topology.sentinels)
    client = Client(connection_pool=pool)
    client.auto_close_connection_pool = True  # who closes the client is done with its connections
    client.purpose = purpose
    return client


def sentinel_options(topology: Topology, seconds: float) -> dict[str, Any]:
    """Return how the Sentinels are asked: briefly each, for there are others."""
    return {"socket_timeout": seconds, "socket_connect_timeout": seconds, "ssl": topology.is_encrypted, "retry": None}


def _led(purpose: str, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
    route = _routes.get(purpose)
    return call(*args, **options) if route is None else route(call, *args, **options)


def _timed(command: str, seconds: float) -> None:
    durations = commands.get(command)
    if durations is None:
        durations = commands.setdefault(command, Durations())
    durations.note(seconds)
