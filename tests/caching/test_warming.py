"""Warming: what is asked for most is loaded first, and nothing that need not be."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery.signals import worker_ready
from django.core.management import CommandError, call_command
from django.db import OperationalError
from kombu.exceptions import OperationalError as BrokerError

from apps.caching import current
from apps.caching.keys import Key
from apps.caching.models import HotKey
from apps.caching.namespace import Namespace, namespaces
from apps.caching.tasks import warm_cache
from apps.caching.warming import ranking
from apps.caching.warming.heat import EVERY, KEYS_MAX
from apps.caching.warming.ranking import hottest, prune, write
from apps.caching.warming.warm import Warmed, warm
from apps.chat.models import User
from apps.chat.services.conversations import create_conversation
from apps.chat.services.history import LATEST, Position, history_body, loaded_by_key
from tests.caching.conftest import Page

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "tests.caching.test_warming.load"
loaded: list[Key] = []
answers: dict[Key, Exception] = {}


def load(key: Key) -> Page:
    """The loader by key of these tests."""
    if key in answers:
        raise answers[key]
    loaded.append(key)
    return Page("warm")


@pytest.fixture(autouse=True)
def nothing_loaded() -> Iterator[None]:
    loaded.clear()
    answers.clear()
    for namespace in namespaces():
        namespace.heat.taken()
    yield
    loaded.clear()
    answers.clear()


@pytest.fixture
def warmed(make_namespace: Callable[..., Namespace[Any]]) -> Namespace[Any]:
    """A namespace that can load by key, with a hot, a warm and a cool key in the table, and nothing in memory."""
    namespace = make_namespace(warm=PATH)
    current.store().tend()
    for number, times in ((1, 3), (2, 2), (3, 1)):
        for _ in range(times):
            namespace.get_or_load((number,), lambda: Page("title"))
            namespace.shelf.clear()
            current.store().tend()
    write()
    forget(namespace)
    return namespace


def forget(namespace: Namespace[Any]) -> None:
    """Flush the store."""
    for number in (1, 2, 3):
        namespace.delete((number,))
    namespace.shelf.clear()


def test_the_hottest_are_loaded_first_and_what_is_there_is_left(warmed: Namespace[Any]) -> None:
    assert [key.key for key in hottest(top=10)] == [(1,), (2,), (3,)]
    run = warm(top=2, concurrency=1)
    assert loaded == [(1,), (2,)]
    assert run.counts == {Warmed.LOADED: 2}
    current.store().tend()
    run = warm(concurrency=1)
    assert loaded == [(1,), (2,), (3,)]
    assert run.counts == {Warmed.THERE: 2, Warmed.LOADED: 1}


def test_what_was_warmed_is_read_without_a_load(warmed: Namespace[Any]) -> None:
    warm()
    current.store().tend()
    before = warmed.tally.loads
    assert warmed.get_or_load((1,), lambda: Page("cold")).title == "warm"
    assert warmed.tally.loads == before


def test_warming_makes_nothing_hotter(warmed: Namespace[Any]) -> None:
    before = [key.asked for key in hottest(top=10)]
    for _ in range(3):
        warm()
    write()
    assert [key.asked for key in hottest(top=10)] == before


def test_it_ends_where_a_dependency_is_away_and_says_what_is_left(warmed: Namespace[Any]) -> None:
    answers[1,] = OperationalError("the database is away")
    run = warm(concurrency=1)
    assert run.counts == {Warmed.OUTAGE: 1}
    assert run.left == 2
    assert loaded == []


def test_what_is_gone_is_taken_off_the_table(warmed: Namespace[Any]) -> None:
    answers[1,] = LookupError("deleted")
    assert warm(concurrency=1).counts == {Warmed.GONE: 1, Warmed.LOADED: 2}
    assert [key.key for key in hottest(top=10)] == [(2,), (3,)]


def test_it_ends_when_its_time_is_over(warmed: Namespace[Any]) -> None:
    run = warm(concurrency=1, max_seconds=1e-9)
    assert run.counts == {Warmed.LOADED: 1}
    assert run.left == 2


def test_the_database_keeps_connections_to_spare(warmed: Namespace[Any], settings: Any) -> None:
    settings.DATABASE_CONNECTION_LIMIT = 3
    names: set[str] = set()
    report: Callable[[int, int], None] = lambda done, of: names.update(  # noqa: E731
        thread.name for thread in threading.enumerate() if thread.name.startswith("warming")
    )
    assert warm(concurrency=8, report=report).counts.total() == 3
    assert len(names) == 1


def test_the_command_says_what_it_did(warmed: Namespace[Any]) -> None:
    out = io.StringIO()
    call_command("warm_cache", "--namespace=test", "--top=2", stdout=out)
    assert out.getvalue() == "2 loaded, 0 there already, 0 gone, 0 put off, 0 left.\n"
    assert sorted(loaded, key=str) == [(1,), (2,)]
    with pytest.raises(CommandError, match="'nowhere' cannot be warmed"):
        call_command("warm_cache", "--namespace=nowhere")
    with pytest.raises(CommandError, match="above 0"):
        call_command("warm_cache", "--top=0")
    with pytest.raises(CommandError, match="'many' is no number above 0"):
        call_command("warm_cache", "--top=many")


def test_the_task_does_the_same(warmed: Namespace[Any]) -> None:
    warm_cache()
    assert len(loaded) == 3


def test_one_hit_in_many_stands_for_all(make_namespace: Callable[..., Namespace[Any]]) -> None:
    namespace = make_namespace(warm=PATH)
    namespace.get_or_load((1,), lambda: Page("title"), session="s")
    entry = namespace.shelf.entries[1,]
    deadline = time.monotonic() + 5
    while namespace.tally.l1 < 2 * EVERY and time.monotonic() < deadline:
        namespace.get_or_load((1,), lambda: Page("title"))
    for _ in range(EVERY):
        namespace.shelf.clear()
        namespace.get_or_load((1,), lambda: Page("title"), session="s")
    note = namespace.heat.taken()[1,]
    assert note.l1 == 2 * EVERY
    assert note.l2 == EVERY
    assert note.loads >= 1
    assert note.entry.size == entry.size


def test_notes_are_bounded(make_namespace: Callable[..., Namespace[Any]]) -> None:
    namespace = make_namespace()
    namespace.get_or_load((0,), lambda: Page("title"))
    entry = namespace.shelf.entries[0,]
    for number in range(KEYS_MAX + 10):
        namespace.heat.note((number,), entry, loads=1)
    assert len(namespace.heat.taken()) == KEYS_MAX


def test_keys_are_stored_only_where_they_can_be_loaded(make_namespace: Callable[..., Namespace[Any]]) -> None:
    namespace = make_namespace(tags=lambda key: (f"thing:{key[0]}",))
    namespace.get_or_load((7, "who"), lambda: Page("title"))
    write()
    [row] = hottest(namespace="test", top=10)
    assert (row.key, row.tags, row.loads, row.namespace) == (None, ("thing:7",), 1, "test")
    assert row.size > 0
    assert abs(row.loaded_at - row.seen_at) < 60


def test_old_reads_count_half_and_the_table_stays_small(
    warmed: Namespace[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    HotKey.objects.update(l1=64, l2=9, l3=9, loads=1)
    prune()
    assert [(key.l1, key.l2, key.l3, key.loads) for key in hottest(top=10)] == [(32, 4, 4, 0)] * 3
    monkeypatch.setattr(ranking, "ROWS_MAX", 1)
    HotKey.objects.filter(key="[2]").update(seen_at=time.time() + 5)
    prune()
    assert [key.key for key in hottest(top=10)] == [(2,)]
    HotKey.objects.update(seen_at=0)
    prune()
    assert hottest(top=10) == []


def test_reads_of_an_hour_ago_count_half_without_anybody_asking(
    warmed: Namespace[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ranking_of_now = ranking.Ranking()
    HotKey.objects.update(l1=64, l2=0, l3=0, loads=0)
    ranking_of_now.tend()
    assert [key.asked for key in hottest(top=10)] == [64] * 3
    now = time.monotonic()
    monkeypatch.setattr(ranking.time, "monotonic", lambda: now + ranking.HALVE_SECONDS)
    for _ in range(2):
        ranking_of_now.tend()
    assert [key.asked for key in hottest(top=10)] == [32] * 3


def test_a_worker_that_starts_queues_a_run_and_goes_on_where_it_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def away(*, retry: bool) -> None:
        asked.append(retry)
        raise BrokerError("no broker")

    monkeypatch.setattr(warm_cache, "apply_async", away)
    worker_ready.send(None)
    assert asked == [False]


def test_pages_of_history_can_be_loaded_by_key() -> None:
    ann = User.objects.create(username="ann")
    conversation = create_conversation(user_id=ann.pk, title="hello")
    document = history_body(user_id=ann.pk, conversation_id=conversation.id, position=LATEST)
    since = history_body(user_id=ann.pk, conversation_id=conversation.id, position=Position(sequence=1))
    write()
    found = {key.key: loaded_by_key(key.key) for key in hottest(namespace="chat.history", top=10) if key.key}
    assert sorted(map(len, found), key=int) == [2, 4]
    assert set(found.values()) == {document, since}
