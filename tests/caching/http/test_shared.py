"""What is the same for all who may have it is kept once, and given to those who may, and to nobody else."""

import dataclasses
import time
from collections.abc import Callable
from threading import Thread

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from apps.caching import finding, namespace
from apps.caching.current import store
from apps.caching.http.answer import body_of, written
from apps.caching.http.shared import SharedAnswer, known_readers, template_of
from apps.caching.keys import Key
from apps.caching.memory import Entry
from apps.caching.sessions import sessions
from apps.chat import access
from apps.chat.api import answers, messages
from apps.chat.families import ACCESS, LISTS, MEMBERS
from apps.chat.models import Membership, User
from apps.chat.policy import HISTORY, READABLE
from apps.chat.records import ConversationRecord
from apps.chat.services.conversations import delete_conversation
from apps.chat.services.members import add_member, remove_member
from apps.resilience import degradation
from apps.tuning.handle import State
from perfsite.edge.hits import SEEN_MAX
from tests.caching.http.reader import Reader
from tests.caching.http.unheard import elsewhere
from tests.chat.people import conversation, person, said
from tests.servers.deadline import eventually

SignIn = Callable[..., Reader]


def let_pass(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the cache's time be later: after five seconds all stamps are to be looked at."""
    now = time.monotonic() + seconds
    for module in (finding, namespace):
        monkeypatch.setattr(module, "_clock", lambda: now)


def history_of(where: ConversationRecord) -> str:
    return f"/api/conversations/{where.id}/messages"


def test_a_page_is_kept_once_and_read_by_all_sessions_before_django(
    sign_in: SignIn, ann: User, bob: User, where: ConversationRecord
) -> None:
    other = conversation(ann, bob)
    readers = [sign_in(ann), sign_in(ann), sign_in(bob)]
    for reader in readers:
        reader.get(history_of(other))
    first, *others = (reader.get(history_of(where)) for reader in readers)
    assert (first.is_hit, [one.is_hit for one in others]) == (False, [True, True])
    assert {first.body, *(one.body for one in others)} == {first.body}
    assert {name for _, (name, _), _ in sessions.all()} == {"chat.readers", "session.rows"}


def test_a_hit_asks_the_database_nothing(sign_in: SignIn, ann: User, history: str) -> None:
    reader = sign_in(ann)
    reader.get(history)
    with CaptureQueriesContext(connection) as queries:
        assert reader.get(history).is_hit
    assert len(queries) == 0


def test_what_only_the_shared_store_has_is_fetched_without_django(
    sign_in: SignIn, ann: User, tended: None, history: str
) -> None:
    reader = sign_in(ann)
    whole = reader.get(history)
    store().tend()
    HISTORY.shelf.clear()
    READABLE.shelf.clear()
    again, near = reader.get(history), reader.get(history)
    assert (again.is_hit, again.headers["cache-status"]) == (True, "perfsite; hit; detail=L3")
    assert (near.is_hit, near.headers["cache-status"]) == (True, "perfsite; hit; detail=L1")
    assert again.body == near.body == whole.body
    assert again.headers["etag"] == near.headers["etag"] == whole.headers["etag"]


def test_django_says_which_level_it_had_the_page_from(sign_in: SignIn, ann: User, history: str) -> None:
    reader, new = sign_in(ann), sign_in(ann)
    assert reader.get(history).headers["cache-status"] == "perfsite; fwd=uri-miss; stored"
    answer = new.get(history)
    assert (answer.is_hit, answer.headers["cache-status"]) == (False, "perfsite; hit; detail=L1")


def test_a_page_that_somebody_else_has_just_had_looked_at_is_not_asked_for_again(
    sign_in: SignIn, ann: User, bob: User, history: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = sign_in(ann), sign_in(bob)
    for reader in (one, other):
        reader.get(history)
    let_pass(5.0, monkeypatch)
    assert one.get(history).headers["cache-status"] == "perfsite; hit; detail=L3"
    assert other.get(history).headers["cache-status"] == "perfsite; hit; detail=L1"


def test_the_head_is_written_as_the_headers_are_and_without_the_body_tells_nothing_of_it() -> None:
    headers = ((b"content-type", b"text/html"), (b"vary", b"cookie"), (b"content-length", b"99"))
    answer = SharedAnswer(template_of(headers), body_of(b"hello"), "L1")
    assert answer.head == written(answer.headers) == b"content-type: text/html\r\nvary: cookie\r\ncontent-length: 5\r\n"
    assert answer.head_304 == b"vary: cookie\r\n"


QUERIES = (
    "limit=2", "limit=02", "limit=0", "limit=-1", "limit=", "limit", "limit=1000", "limit=9999999999999999999",
    "limit=%32", "limit=2&limit=3", "limit=2&before={}", "before={}&limit=2", "after={}", "around={}", "limit=+2",
    "before={}&after={}", "before=", "before=1.0", "before=99999999", "since=2020-01-01", "other=1", "limit=2&", "&",
    "limit=2&other=1", "LIMIT=2", "limit=٢", "before=0",
)  # fmt: skip


def test_whatever_is_asked_is_answered_as_django_would(sign_in: SignIn, ann: User, where: ConversationRecord) -> None:
    middle = said(ann, where, "two", "three", "four", "five")[1]
    reader = sign_in(ann)
    reader.get(history_of(where))
    for query in QUERIES:
        path = f"{history_of(where)}?{query.format(middle.id, middle.id)}"
        made, again = reader.from_django(path), reader.get(path)
        assert (again.status, again.is_hit) == (made.status, made.status == 200), query
        if made.status == 200:
            assert again.body == made.body, query


@pytest.mark.parametrize("is_late", [False, True])
def test_a_stranger_to_the_conversation_gets_nothing_however_known_and_however_warm(
    sign_in: SignIn, bob: User, where: ConversationRecord, monkeypatch: pytest.MonkeyPatch, is_late: bool
) -> None:
    eve = person("eve")
    own = conversation(eve, bob)
    stranger, member = sign_in(eve), sign_in(bob)
    for seconds in (0.0, 5.0 * is_late):
        assert member.get(history_of(where)).status == 200
        assert stranger.get(history_of(own)).status == 200
        let_pass(seconds, monkeypatch)
        answer = stranger.get(history_of(where))
        assert (answer.status, answer.is_hit, b"the first word" in answer.body) == (404, False, False)


def test_who_joins_and_leaves_and_joins_again_reads_just_then(
    sign_in: SignIn, ann: User, where: ConversationRecord
) -> None:
    eve, own = person("eve"), sign_in(ann)
    reader = sign_in(eve)
    own.get(history_of(where))
    for _ in range(2):
        assert reader.get(history_of(where)).status == 404
        add_member(user_id=ann.pk, conversation_id=where.id, username="eve")
        assert reader.get(history_of(where)).status == 200
        assert reader.get(history_of(where)).is_hit
        remove_member(user_id=ann.pk, conversation_id=where.id, member_id=eve.pk)
    assert reader.get(history_of(where)).status == 404
    assert own.get(history_of(where)).is_hit


def aside(work: Callable[[], None]) -> None:
    """Run in a thread, as another request would, to the end."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    thread.join()


@pytest.mark.parametrize("is_late", [False, True])
def test_who_is_removed_while_the_page_is_looked_for_gets_nothing(
    sign_in: SignIn, ann: User, bob: User, where: ConversationRecord, monkeypatch: pytest.MonkeyPatch, is_late: bool
) -> None:
    reader, near, removed = sign_in(bob), HISTORY.near, []
    reader.get(history_of(where))
    let_pass(5.0 * is_late, monkeypatch)  # then a thread looks, and finds reader and permission to be as they were

    def removing(key: Key, *, session: str | None = None) -> Entry | None:
        if not removed:
            removed.append(aside(lambda: remove_member(user_id=ann.pk, conversation_id=where.id, member_id=bob.pk)))
        return near(key, session=session)

    monkeypatch.setattr(HISTORY, "near", removing)
    answer = reader.get(history_of(where))
    assert (answer.status, answer.is_hit, len(removed)) == (404, False, 1)


def test_a_deleted_conversation_is_gone_for_all(
    sign_in: SignIn, ann: User, bob: User, where: ConversationRecord
) -> None:
    readers = [sign_in(ann), sign_in(bob)]
    for reader in readers:
        reader.get(history_of(where))
        assert reader.get(history_of(where)).is_hit
    delete_conversation(user_id=ann.pk, conversation_id=where.id)
    assert [reader.get(history_of(where)).status for reader in readers] == [404, 404]


def test_who_is_in_more_conversations_than_are_kept_reads_them_all(
    sign_in: SignIn, ann: User, where: ConversationRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "READABLE_MAX", 1)
    latest, reader = conversation(ann), sign_in(ann)
    for path, is_kept in ((history_of(where), False), (history_of(latest), True)):
        assert reader.get(path).status == 200
        again = reader.get(path)
        assert (again.status, again.is_hit) == (200, is_kept)


@pytest.mark.parametrize("header", [{"cache_control": "no-cache"}, {"pragma": "no-cache"}])
def test_who_wants_nothing_old_has_the_shared_store_asked(
    sign_in: SignIn, ann: User, where: ConversationRecord, history: str, header: dict[str, str]
) -> None:
    reader = sign_in(ann)
    reader.get(history)
    elsewhere([f"conversation:{where.id}"])
    assert reader.get(history).is_hit
    answer = reader.get(history, **header)
    assert answer.headers["cache-status"] in {"perfsite; fwd=uri-miss; stored", "perfsite; fwd=stale; stored"}


def test_a_life_that_is_shortened_ends_what_is_in_memory(sign_in: SignIn, ann: User, history: str) -> None:
    reader, before = sign_in(ann), HISTORY.policy.state
    reader.get(history)
    assert reader.get(history).is_hit
    try:
        HISTORY.policy.swap(State(policy=type(before.policy)(l2_seconds=0.1, l3_seconds=0.1), number=before.number + 1))
        eventually(lambda: not reader.get(history).is_hit, seconds=3)
    finally:
        HISTORY.policy.swap(before)
    assert reader.get(history).status == 200


def test_a_session_that_this_process_has_not_seen_goes_to_django(sign_in: SignIn, ann: User, history: str) -> None:
    reader = sign_in(ann)
    reader.get(history)
    sessions.clear()
    assert reader.from_memory(history) is None
    known_readers.clear()
    assert reader.from_memory(history) is None


@pytest.mark.parametrize("reason", ["degraded", "other"])
def test_an_answer_that_is_not_the_value_as_it_is_teaches_no_head(
    sign_in: SignIn, ann: User, history: str, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    def spoiled(content: bytes, *, etag: bytes) -> HttpResponse:
        if reason == "degraded":
            degradation.note("redis")
            return answers.written(content, etag=etag)
        return answers.written(content + b" ")

    reader = sign_in(ann)
    monkeypatch.setattr(messages, "written", spoiled)
    for _ in range(2):
        answer = reader.get(history)
        assert (answer.status, answer.is_hit, "stored" in answer.headers["cache-status"]) == (200, False, False)
    monkeypatch.undo()
    assert not reader.get(history).is_hit
    assert reader.get(history).is_hit


def test_whoever_was_removed_elsewhere_is_given_nothing_where_memory_is_switched_off(
    sign_in: SignIn, ann: User, bob: User, where: ConversationRecord, tended: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lay in memory when it was switched off is not what the shared store has confirmed since."""
    reader, other = sign_in(bob), conversation(ann, bob)
    assert [reader.get(history_of(one)).status for one in (where, other)] == [200, 200]
    policy = dataclasses.replace(READABLE.policy.current, l1_seconds=0.0)
    state = READABLE.policy.state
    READABLE.policy.swap(State(policy=policy))
    try:
        Membership.objects.filter(user=bob, conversation_id=where.id)._raw_delete("default")
        elsewhere([ACCESS.of(bob.pk), LISTS.of(bob.pk), MEMBERS.of(where.id)])
        for _ in range(3):
            let_pass(10.0, monkeypatch)
            assert reader.get(history_of(other)).status == 200, "known here, and what they may read is in the store"
            answer = reader.get(history_of(where))
            assert (answer.status, answer.is_hit) == (404, False)
    finally:
        READABLE.policy.swap(state)


def test_who_is_nobody_leaves_nothing_behind_and_what_is_long_is_not_remembered(
    sign_in: SignIn, ann: User, history: str
) -> None:
    reader = sign_in(ann)
    nobody = Reader(reader.hits)
    nobody.client.cookies.clear()
    assert nobody.from_memory(f"{history}?limit=3") is None
    assert not reader.hits._wanted
    reader.get(history)
    reader.from_memory(f"{history}?{'x' * SEEN_MAX}")
    assert len(reader.hits._wanted) == 1
