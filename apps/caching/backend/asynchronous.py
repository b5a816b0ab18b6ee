"""The same for event loops: memory is asked at once, the store in a thread. What is composed, Django composes."""

# ruff: noqa: ASYNC109  (`timeout` is Django's name for a value's life)

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT

from apps.caching.desk import ask

if TYPE_CHECKING:
    from django.core.cache.backends.base import BaseCache as Base
else:
    Base = object


class Asynchronous(Base):
    """Each returns and raises what its namesake does, without blocking the loop."""

    if TYPE_CHECKING:

        def near(self, key: Any, version: int | None = None) -> tuple[Any, ...]:
            """Return the value in a tuple if memory has it, else an empty one."""
            ...

    async def aget(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return the value or the default."""
        for found in self.near(key, version):
            return found
        return await ask(self.get, key, default, version)

    async def aget_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        """Return the values that there are."""
        return await ask(self.get_many, list(keys), version)

    async def aset(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Keep the value."""
        await ask(self.set, key, value, timeout, version)

    async def aset_many(
        self, data: Mapping[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> list[Any]:
        """Keep the values."""
        return await ask(self.set_many, dict(data), timeout, version)

    async def aadd(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep the value where there is none."""
        return await ask(self.add, key, value, timeout, version)

    async def atouch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Let the value's life begin anew."""
        return await ask(self.touch, key, timeout, version)

    async def adelete(self, key: Any, version: int | None = None) -> bool:
        """Forget the value."""
        return await ask(self.delete, key, version)

    async def adelete_many(self, keys: Iterable[Any], version: int | None = None) -> None:
        """Forget the values."""
        await ask(self.delete_many, list(keys), version)

    async def aincr(self, key: Any, delta: int = 1, version: int | None = None) -> Any:
        """Add to the value."""
        return await ask(self.incr, key, delta, version)

    async def aclear(self) -> None:
        """Forget all values."""
        await ask(self.clear)
