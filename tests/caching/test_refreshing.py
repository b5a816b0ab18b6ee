"""What was invalidated while it was being read is loaded anew before anybody asks; what nobody read is left."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, transaction

from apps.caching.exceptions import DeclarationError
from apps.caching.keys import Key
from apps.caching.namespace import Namespace
from apps.caching.refreshing import WISHES_MAX, Refresher, refresher
from apps.caching.tag import is_unmoved
from apps.chat.document import page_of
from apps.chat.models import User
from apps.chat.policy import HISTORY, chat
from apps.chat.services.history import history_page
from tests.caching.conftest import Page
from tests.chat.people import conversation, person, said
from tests.servers.deadline import eventually

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "tests.caching.test_refreshing.load"
loaded: list[Key] = []
failures: list[Exception] = []


def load(key: Key) -> Page:
    """The loader by key of these tests."""
    if failures:
        raise failures.pop()
    loaded.append(key)
    return Page("anew")


@pytest.fixture(autouse=True)
def nothing_loaded() -> Iterator[None]:
    loaded.clear()
    failures.clear()
    yield
    refresher.stop()


@pytest.fixture
def ann(transactional_db: None) -> User:
    """Somebody who writes."""
    return person("ann")


@pytest.fixture
def running() -> Iterator[Refresher]:
    """A refresher that listens."""
    made = Refresher()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def pages(make_namespace: Callable[..., Namespace[Any]]) -> Namespace[Any]:
    """A namespace that can load by key."""
    return make_namespace(warm=PATH)


def read(pages: Namespace[Any], *keys: Key) -> None:
    """Have the keys in memory, and what they are made of invalidated since."""
    for key in keys:
        pages.get_or_load(key, lambda: Page("old"))
        pages.invalidate(*pages.tags_of(key))


def is_current(pages: Namespace[Any], key: Key) -> bool:
    entry = pages.shelf.entries.get(key)
    return entry is not None and is_unmoved(entry.fences)


def test_a_message_is_in_the_page_before_anybody_asks(ann: User) -> None:
    where = conversation(ann)
    said(ann, where, "one")
    history_page(user_id=ann.pk, conversation_id=where.id)
    key = (where.id, chat.current.page_size)
    refresher.start()
    before = sum(HISTORY.tally.misses.values()), HISTORY.tally.l3
    said(ann, where, "two")
    eventually(lambda: is_current(HISTORY, key))
    found = HISTORY.peek(key)
    assert found is not None
    assert [message.text for message in page_of(found.value.content).messages] == ["one", "two"]
    assert (sum(HISTORY.tally.misses.values()), HISTORY.tally.l3) == before


def test_nothing_is_loaded_for_a_change_that_is_rolled_back_or_that_nobody_read(ann: User) -> None:
    read_page, unread = conversation(ann), conversation(ann)
    history_page(user_id=ann.pk, conversation_id=read_page.id)
    refresher.start()
    before = refresher.refreshed
    said(ann, unread, "quiet")
    with transaction.atomic():
        said(ann, read_page, "never")
        transaction.set_rollback(True)
    said(ann, read_page, "loud")
    eventually(lambda: is_current(HISTORY, (read_page.id, chat.current.page_size)))
    assert refresher.refreshed == before + 1
    assert (unread.id, chat.current.page_size) not in HISTORY.shelf.entries


def test_what_somebody_has_loaded_meanwhile_is_not_loaded_again(running: Refresher, pages: Namespace[Any]) -> None:
    read(pages, (1,), (2,))
    pages.get_or_load((1,), lambda: Page("by a reader"))
    for key in ((1,), (2,)):
        running.wish(pages, key)
    eventually(lambda: is_current(pages, (2,)))
    assert loaded == [(2,)]


def test_a_load_that_fails_is_left_to_whoever_reads_next(running: Refresher, pages: Namespace[Any]) -> None:
    read(pages, (1,), (2,))
    failures.append(OperationalError("away"))
    for key in ((1,), (2,)):
        running.wish(pages, key)
    eventually(lambda: is_current(pages, (2,)))
    assert loaded == [(2,)]
    assert pages.get_or_load((1,), lambda: Page("by a reader")) == Page("by a reader")


def test_wishes_are_bounded_each_waits_once_and_none_where_no_server_runs(pages: Namespace[Any]) -> None:
    idle = Refresher()
    keys = [(number,) for number in range(WISHES_MAX + 5)]
    read(pages, *keys[:5])
    for key in keys[:5]:
        idle.wish(pages, key)
    assert not idle._wishes
    idle._is_open = True
    for key in keys[:5] * 2:
        idle.wish(pages, key)
    assert len(idle._wishes) == 5
    entry = pages.shelf.entries[0,]
    for key in keys:
        pages.shelf.entries[key] = entry
        idle.wish(pages, key)
    assert len(idle._wishes) == WISHES_MAX
    assert (pages.name, (0,)) not in idle._wishes


def test_a_namespace_that_cannot_load_by_key_is_told(make_namespace: Callable[..., Namespace[Any]]) -> None:
    with pytest.raises(DeclarationError, match="warm"):
        Refresher().wish(make_namespace(), (1,))


def test_who_stops_ends_its_thread_and_may_begin_again(pages: Namespace[Any]) -> None:
    one = Refresher()
    for _ in range(2):
        one.start()
        read(pages, (1,))
        one.wish(pages, (1,))
        eventually(lambda: is_current(pages, (1,)))
        one.stop()
        assert one._thread is not None
        assert not one._thread.is_alive()


def test_what_never_began_ends_at_once(pages: Namespace[Any]) -> None:
    idle = Refresher()
    idle.stop()
    idle.wish(pages, (1,))
    assert not idle._wishes
