"""Entries that somebody tampered with, in Redis and in the database; and nothing in a request that is unpickled."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from apps.caching import record as records
from apps.caching.envelope import wrapped
from apps.caching.models import StoredEntry
from apps.caching.namespace import Namespace
from apps.caching.stores.database_store import DatabaseStore
from apps.caching.stores.store import Store
from apps.caching.stores.wire import PREFIX
from tests.caching.conftest import Page
from tests.caching.opened import over_redis
from tests.caching.test_namespace import Loader, ordered
from tests.servers.site import PROJECT

pytestmark = pytest.mark.django_db(transaction=True)
HERE, THERE = (1,), (2,)
ANEW = Page("anew")


class Shared:
    """What a store holds, as somebody sees it who has the store but not our keys."""

    def __init__(self, store: Store, url: str) -> None:
        self.store = store
        self._client = redis.Redis.from_url(url) if url else None

    def get(self, digest: str) -> bytes:
        """Return an entry's bytes."""
        if self._client is None:
            return bytes(StoredEntry.objects.get(pk=digest).data)
        found = self._client.get(f"{PREFIX}e:{digest}")
        assert isinstance(found, bytes)
        return found

    def put(self, digest: str, data: bytes) -> None:
        """Replace an entry's bytes, and leave its life."""
        if self._client is None:
            StoredEntry.objects.filter(pk=digest).update(data=data)
        else:
            self._client.set(f"{PREFIX}e:{digest}", data, keepttl=True)

    def close(self) -> None:
        """Let go."""
        if self._client is not None:
            self._client.close()


@pytest.fixture(params=["redis", "database"])
def shared(request: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shared]:
    """Each of the stores, as this process's."""
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    store: Store = over_redis(url) if url else DatabaseStore()
    store.tend()
    monkeypatch.setattr("apps.caching.finding.store", lambda: store)
    monkeypatch.setattr("apps.caching.reading.store", lambda: store)
    made = Shared(store, url)
    yield made
    made.close()


def flipped(namespace: Namespace[Any], shared: Shared, settings: Any) -> None:
    digest = namespace.place(HERE).digest
    data = bytearray(shared.get(digest))
    data[len(data) // 2] ^= 1
    shared.put(digest, bytes(data))


def copied(namespace: Namespace[Any], shared: Shared, settings: Any) -> None:
    shared.put(namespace.place(HERE).digest, shared.get(namespace.place(THERE).digest))


def of_another_version(namespace: Namespace[Any], shared: Shared, settings: Any) -> None:
    """Put there what an older version of the code would have, with everything else right: the frame is ours."""
    digest = namespace.place(HERE).digest
    record = records.Record(
        created_at=records._wall(), load_seconds=0.1, life=0.0, draw=0.0, is_compressed=False,
        stamps=shared.store.read([namespace.place(HERE)])[0].stamps or (), payload=namespace.codec.encode(Page("old")),
    )  # fmt: skip
    name = f"{namespace.name}:{namespace.version - 1}:{digest}"
    shared.put(digest, wrapped(records.encoded(record), name, is_sensitive=False))


def under_another_key(namespace: Namespace[Any], shared: Shared, settings: Any) -> None:
    settings.CACHE_KEYS = ["another key of 16 and more"]


def cut_short(namespace: Namespace[Any], shared: Shared, settings: Any) -> None:
    digest = namespace.place(HERE).digest
    shared.put(digest, shared.get(digest)[:-1])


def of_no_kind(namespace: Namespace[Any], shared: Shared, settings: Any) -> None:
    shared.put(
        namespace.place(HERE).digest, b"cos\nsystem\n(S'true'\ntR."
    )  # what a pickle that runs a command looks like


@pytest.mark.parametrize("tamper", [flipped, copied, of_another_version, under_another_key, cut_short, of_no_kind])
def test_an_entry_that_was_tampered_with_is_refused_counted_and_loaded_anew(
    namespace: Namespace[Any], shared: Shared, settings: Any, tamper: Callable[[Namespace[Any], Shared, Any], None]
) -> None:
    ordered(namespace)
    for key in (HERE, THERE):
        namespace.get_or_load(key, Loader(Page(f"value of {key[0]}")))
    shared.store.tend()
    namespace.shelf.clear()
    assert namespace.outcome(HERE, Loader(ANEW)).level == "L3"
    namespace.shelf.clear()
    tamper(namespace, shared, settings)
    load = Loader(ANEW)
    assert namespace.get_or_load(HERE, load) == ANEW
    assert (load.calls, namespace.tally.misses["corrupt"]) == (1, 1)
    shared.store.tend()
    namespace.shelf.clear()
    assert namespace.outcome(HERE, load).level == "L3"


def test_nothing_of_a_request_imports_pickle_or_unpickles() -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", "tests/caching/unpickled.py"]
    ended = subprocess.run(command, env=env, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False)
    assert "2 passed" in ended.stdout, ended.stdout + ended.stderr
