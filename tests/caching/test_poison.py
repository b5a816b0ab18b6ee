"""Entries that somebody tampered with, in Redis and in the database; and nothing in a request that is unpickled."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from django.test import Client

from apps.caching import current
from apps.caching import record as records
from apps.caching.envelope import wrapped
from apps.caching.models import StoredEntry
from apps.caching.namespace import Namespace
from apps.caching.stores.database_store import DatabaseStore
from apps.caching.stores.store import Store
from apps.caching.stores.wire import PREFIX
from apps.chat.models import User
from apps.chat.services.conversations import create_conversation
from apps.chat.services.messages import send_message
from tests.caching.conftest import Page
from tests.caching.test_namespace import Loader, ordered
from tests.caching.test_stores import over_redis

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


UNPICKLED: list[str] = []
_is_listening = [False]


def audit(event: str, arguments: tuple[Any, ...]) -> None:
    """Note each global that anything in this process unpickles; Python tells it, whoever imported pickle."""
    if event == "pickle.find_class" and _is_listening[0]:
        UNPICKLED.append(".".join(map(str, arguments)))


sys.addaudithook(audit)


def test_what_notices_an_unpickling_does() -> None:
    import pickle

    UNPICKLED.clear()
    _is_listening[0] = True
    pickle.loads(pickle.dumps(Page("x")))
    _is_listening[0] = False
    assert UNPICKLED != []


# Imported by a cache alone whose options ask for it: another test of this process may have made one.
ON_REQUEST = {"apps.caching.backend.pickles"}


def test_nothing_of_a_request_imports_pickle_or_unpickles(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    user = User.objects.create_user("ann")
    where = create_conversation(user_id=user.pk, title="Room").id
    send_message(user_id=user.pk, conversation_id=where, text="hello")
    client.force_login(user)
    monkeypatch.setattr("pickle.loads", forbidden)
    monkeypatch.setattr("pickle.load", forbidden)
    monkeypatch.setattr("pickle.Unpickler", forbidden)
    UNPICKLED.clear()
    _is_listening[0] = True
    pages = [client.get(f"/api/conversations/{where}/messages") for _ in range(2)]
    current.forget_all()
    pages.append(client.get(f"/api/conversations/{where}/messages"))
    _is_listening[0] = False
    assert [page.status_code for page in pages] == [200, 200, 200]
    assert UNPICKLED == []
    assert {name for name, module in sys.modules.items() if is_ours(name) and "pickle" in vars(module)} <= ON_REQUEST


def is_ours(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] in {"apps", "perfsite"} and sys.modules[name] is not None


def forbidden(*_: object, **__: object) -> None:
    raise AssertionError("something was unpickled")
