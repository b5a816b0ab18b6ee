"""Loads anew, beside the requests, what was invalidated while it was being read: who comes next finds it.

The store knows what the value is; nobody waits, and nothing is lost where nobody listens.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from threading import Condition, Thread
from typing import Any

from django.db import close_old_connections, connection
from django.utils.module_loading import import_string

from apps.caching.exceptions import DeclarationError
from apps.caching.keys import Key
from apps.caching.namespace import Namespace
from apps.caching.reading import Reading
from apps.caching.warming.heat import unnoted

logger = logging.getLogger(__name__)
WISHES_MAX = 1_000
STOP_SECONDS = 2.0
Wish = tuple[Namespace[Any], Key]


class Refresher:
    """One thread, while a server runs. Each key waits once; of too many wishes the oldest are forgotten."""

    def __init__(self) -> None:
        self._wishes: OrderedDict[tuple[str, Key], Wish] = OrderedDict()
        self._change = Condition()
        self._thread: Thread | None = None
        self._is_open = False
        self.refreshed = 0

    def start(self) -> None:
        """Begin to listen. Does not block."""
        self._is_open = True
        self._thread = Thread(target=self._run, name="refreshing", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Forget what is wished and end; blocks for two seconds at most."""
        with self._change:
            self._is_open = False
            self._wishes.clear()
            self._change.notify()
        if self._thread is not None:
            self._thread.join(timeout=STOP_SECONDS)

    def wish(self, namespace: Namespace[Any], key: Key) -> None:
        """Have the value loaded by its key if this process had it in memory. Does not block.

        Raises DeclarationError for a namespace that cannot load by key.
        """
        if not namespace.warm:
            raise DeclarationError(f"{namespace.name} says no `warm`: nothing loads its values by their keys.")
        if not self._is_open or key not in namespace.shelf.entries:
            return
        with self._change:
            self._wishes[namespace.name, key] = namespace, key
            if len(self._wishes) > WISHES_MAX:
                self._wishes.popitem(last=False)
            self._change.notify()

    def _run(self) -> None:
        while (wish := self._next()) is not None:
            self._fulfil(*wish)
            close_old_connections()
        connection.close()

    def _next(self) -> Wish | None:
        with self._change:
            self._change.wait_for(lambda: self._wishes or not self._is_open)
            return self._wishes.popitem(last=False)[1] if self._is_open else None

    def _fulfil(self, namespace: Namespace[Any], key: Key) -> None:
        try:
            with unnoted():
                self.refreshed += Reading(namespace, key, None).renew(lambda: loader_of(namespace.warm)(key))
        except Exception as error:  # noqa: BLE001  (whoever reads next loads it, and is told)
            logger.debug("%s is not refreshed (%s).", namespace.name, error)


@lru_cache(maxsize=64)
def loader_of(path: str) -> Callable[[Key], Any]:
    """Return the function that loads a namespace's values by their keys."""
    return import_string(path)  # type: ignore[no-any-return]


refresher = Refresher()
