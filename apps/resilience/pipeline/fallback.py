"""What is answered when a dependency gives no answer: declared by the caller, counted, and said."""

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from apps.resilience import degradation
from apps.resilience.exceptions import ResilienceError

if TYPE_CHECKING:
    from apps.resilience.pipeline.pipeline import Way

logger = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")


class Otherwise(Generic[R]):
    """Stands in for what the breaker counts as a failure, and for what was not called at all."""

    def __init__(self, way: "Way", fallback: Callable[[Exception], R]) -> None:
        self._way, self._fallback = way, fallback

    def call(self, func: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what the function returns, or the fallback's answer; raise errors that are no failures."""
        try:
            return self._way.call(func, *args, **kwargs)
        except Exception as error:  # noqa: BLE001  (what the fallback does not answer is raised again)
            return self._answered(error)

    async def call_async(self, func: Callable[P, Awaitable[R]], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """As `call`, for a coroutine function. The fallback is a plain function: it must not wait for anything."""
        try:
            return await self._way.call_async(func, *args, **kwargs)
        except Exception as error:  # noqa: BLE001  (what the fallback does not answer is raised again)
            return self._answered(error)

    def _answered(self, error: Exception) -> R:
        pipeline: Any = self._way.pipeline
        if not isinstance(error, ResilienceError) and not pipeline.breaker.is_system_error(error):
            raise error
        pipeline.fallbacks += 1
        degradation.note(pipeline.name)
        logger.info("%s: the fallback answers (%s)", pipeline.name, error)
        return self._fallback(error)
