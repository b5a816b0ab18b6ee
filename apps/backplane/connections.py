"""Where clients of Redis come from: named, bounded in time. Sentinel and Cluster change this file alone.

Rooms above may lay a route for a purpose, which all commands of its clients go by: so they can be counted, rejected and
made to fail without this room knowing how.
"""

from collections.abc import Callable
from typing import Any, cast

from redis import Redis
from redis.client import Pipeline

CONNECT_SECONDS = 2.0
Route = Callable[..., Any]  # calls what it is given with the rest of its arguments, or raises a RedisError
_routes: dict[str, Route] = {}


def lay_route(purpose: str, route: Route) -> None:
    """Have all commands of the clients for a purpose go by the route, those of clients made already as well."""
    _routes[purpose] = route


class Client(Redis):
    """A client whose commands go by the route of its purpose. Subscriptions do not: they are no calls."""

    purpose = ""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send one command and return its answer."""
        return _led(self.purpose, super().execute_command, *args, **options)

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
        answers: list[Any] = _led(self.purpose, super().execute, raise_on_error=raise_on_error)
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
    client = cast(
        "Client",
        Client.from_url(
            url,
            client_name=f"perfsite:{purpose}",
            socket_connect_timeout=connect_seconds,
            socket_timeout=timeout_seconds,
            socket_keepalive=True,
            retry=None,
            max_connections=connections,
        ),
    )
    client.purpose = purpose
    return client


def _led(purpose: str, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
    route = _routes.get(purpose)
    return call(*args, **options) if route is None else route(call, *args, **options)
