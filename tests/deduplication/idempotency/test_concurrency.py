"""Two requests with one key at the same time, in two connections."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count

import pytest
from django.db import OperationalError, connection, transaction

from apps.chat.models import Conversation, User
from apps.deduplication.idempotency import claim
from apps.deduplication.idempotency.answer import Answer
from apps.deduplication.idempotency.attempt import Attempt
from apps.deduplication.idempotency.exceptions import KeyBusyError
from apps.deduplication.idempotency.once import Effect, once
from apps.deduplication.idempotency.policy import idempotency
from apps.deduplication.idempotency.statistics import counters
from tests.chat.people import person
from tests.servers.deadline import eventually
from tests.tuning.obeying import obeying

DIGEST = "0123456789abcdef" * 2
SECONDS = 20


class Pair:
    """A first request that stays in its effect until it is let go, and others that come meanwhile."""

    def __init__(self, user: User, threads: ThreadPoolExecutor) -> None:
        self._user, self._threads, self._numbers = user, threads, count(1)
        self.entered, self.go_on = threading.Event(), threading.Event()

    def send(self) -> "Future[Answer]":
        """Send a request."""
        return self._threads.submit(self._sent)

    def send_first(self) -> "Future[Answer]":
        """Send the first one; return when it is in the midst of its effect."""
        first = self.send()
        assert self.entered.wait(SECONDS)
        return first

    def _sent(self) -> Answer:
        attempt = Attempt(user_id=self._user.pk, method="POST", path="/", digest=DIGEST, fingerprint="f")
        try:
            return once(attempt, Effect(operation="anything", work=self._work, standing=str))
        finally:
            connection.close()

    def _work(self) -> Answer:
        Conversation.objects.create(title="Plans")
        self.entered.set()
        assert self.go_on.wait(SECONDS)
        return Answer(status=201, body=b"%d" % next(self._numbers))


@pytest.fixture
def pair(transactional_db: None) -> Iterator[Pair]:
    """Requests in threads of their own, none of which outlives the test."""
    with ThreadPoolExecutor(4) as threads:
        made = Pair(person("ann"), threads)
        yield made
        made.go_on.set()


def titles() -> list[str]:
    return list(Conversation.objects.values_list("title", flat=True))


@pytest.mark.engine("postgresql")
def test_the_second_hears_at_once_that_the_first_still_runs(pair: Pair) -> None:
    before = counters.conflicts
    first = pair.send_first()
    with pytest.raises(KeyBusyError, match="still under way"):
        pair.send().result(SECONDS)
    pair.go_on.set()
    assert first.result(SECONDS).body == b"1"
    assert pair.send().result(SECONDS) == Answer(status=201, body=b"1", is_replayed=True)
    assert (titles(), counters.conflicts) == (["Plans"], before + 1)


@pytest.mark.engine("postgresql")
def test_the_second_waits_where_the_policy_says_so(pair: Pair) -> None:
    with obeying(idempotency, wait_seconds=10):
        first = pair.send_first()
        others = [pair.send() for _ in range(2)]
        eventually(lambda: waiting() == 2, what="both others' wait")
        pair.go_on.set()
        assert [one.result(SECONDS).is_replayed for one in (first, *others)] == [False, True, True]
    assert titles() == ["Plans"]


@pytest.mark.engine("postgresql")
def test_nobody_waits_longer_than_the_policy_says(pair: Pair) -> None:
    with obeying(idempotency, wait_seconds=0.05):
        first = pair.send_first()
        with pytest.raises(KeyBusyError):
            pair.send().result(SECONDS)
    pair.go_on.set()
    assert first.result(SECONDS).status == 201


@pytest.mark.engine("postgresql")
def test_two_who_ask_again_at_once_both_hear_the_answer(pair: Pair) -> None:
    pair.go_on.set()
    assert pair.send().result(SECONDS).body == b"1"
    with transaction.atomic():
        claim.hold(DIGEST, wait_seconds=0)
        assert pair.send().result(SECONDS) == Answer(status=201, body=b"1", is_replayed=True)


def waiting() -> int:
    """Return how many wait for a key."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return int(cursor.fetchone()[0])


@pytest.mark.engine("postgresql")
def test_after_the_wait_other_locks_are_waited_for_as_before(pair: Pair) -> None:
    with obeying(idempotency, wait_seconds=10):
        first = pair.send_first()
        waits: list[str] = []

        def wait_and_tell() -> None:
            try:
                with transaction.atomic():
                    claim.hold(DIGEST, wait_seconds=10)
                    waits.append(lock_timeout())
            finally:
                connection.close()

        usual = lock_timeout()
        thread = threading.Thread(target=wait_and_tell)
        thread.start()
        eventually(lambda: waiting() == 1, what="the wait")
        pair.go_on.set()
        thread.join(SECONDS)
        assert first.result(SECONDS).status == 201
    assert waits == [usual]


def lock_timeout() -> str:
    """Return how long this connection waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return str(cursor.fetchone()[0])


@pytest.mark.engine("postgresql")
def test_another_failure_of_the_wait_is_not_taken_for_a_busy_key(pair: Pair) -> None:
    pids: list[int] = []

    def waits() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                pids.append(cursor.fetchone()[0])
            with transaction.atomic():
                claim.hold(DIGEST, wait_seconds=10)
        finally:
            connection.close()

    pair.send_first()
    failed = run(waits)
    eventually(lambda: waiting() == 1, what="the wait")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_cancel_backend(%s)", pids)
    with pytest.raises(OperationalError, match="cancel"):
        failed.result(SECONDS)


def run(work: Callable[[], None]) -> "Future[None]":
    """Run work in a thread of its own."""
    future: Future[None] = Future()

    def settle() -> None:
        try:
            future.set_result(work())
        except OperationalError as error:
            future.set_exception(error)

    threading.Thread(target=settle).start()
    return future


@pytest.mark.engine("sqlite")
def test_on_sqlite_the_second_waits_its_turn_to_write(pair: Pair) -> None:
    first = pair.send_first()
    second = pair.send()
    pair.go_on.set()
    assert [first.result(SECONDS).is_replayed, second.result(SECONDS).is_replayed] == [False, True]
    assert titles() == ["Plans"]
