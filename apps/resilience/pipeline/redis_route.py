"""Commands to Redis on their way through a pipeline: whoever sends them knows the errors of Redis and no others."""

from collections.abc import Callable
from typing import Any

from redis.exceptions import ConnectionError as NoRedisError
from redis.exceptions import OutOfMemoryError, ReadOnlyError, ResponseError

from apps.backplane.connections import Route, lay_route
from apps.resilience.exceptions import ResilienceError
from apps.resilience.pipeline.registry import pipeline

PURPOSES = {"flights": "redis_flights", "generation": "redis_flights", "bus": "redis_bus"}


def is_answer(error: object) -> bool:
    """Return whether an error shows that Redis is there: it answers, and takes what is written to it."""
    return isinstance(error, ResponseError) and not isinstance(error, (ReadOnlyError, OutOfMemoryError))


def lay_routes() -> None:
    """Have the clients of each purpose go through the pipeline that is theirs, from their next command on."""
    for purpose, name in PURPOSES.items():
        lay_route(purpose, route_through(name))


def route_through(name: str) -> Route:
    """Return the route through a pipeline; what the pipeline itself raises comes as an error of the connection."""

    def route(call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        try:
            return pipeline(name).call(call, *args, **options)
        except ResilienceError as error:
            raise NoRedisError(str(error)) from error

    return route
