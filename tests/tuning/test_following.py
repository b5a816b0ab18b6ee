"""Following: woken by the bus, by its loss and by the clock; who follows what is known."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from apps.backplane.bus import Loss
from apps.backplane.local import LocalBus
from apps.chat.policy import chat
from apps.tuning import current, follower
from apps.tuning.actor import SYSTEM
from apps.tuning.declaration import values_of
from apps.tuning.follower import Follower
from apps.tuning.following import Policies, follow, following, stop_following
from apps.tuning.handle import Handle
from apps.tuning.models import PolicyFollower, PolicyRevision
from apps.tuning.services.changes import TOPIC, change_policy
from tests.servers.deadline import eventually
from tests.tuning.lamp import LampPolicy
from tests.tuning.test_changes import heard, turn

NEVER = 3600.0


class SilentBus(LocalBus):
    """A bus whose subscribers the test calls itself."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Any] = []

    def subscribe(self, topic: str, deliver: Any, lost: Any) -> Any:
        """Remember the subscriber."""
        assert topic == TOPIC
        self.heard = [deliver, lost]
        return self.heard.clear


class Clock:
    """A clock that the test sets."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def followers() -> Iterator[list[Follower]]:
    """Followers the test started; stopped at its end."""
    started: list[Follower] = []
    yield started
    for each in started:
        each.stop()


def behind(watts: int) -> None:
    """Put a revision in the database as another process would: nothing here hears of it."""
    number = PolicyRevision.objects.count() + 1
    values = values_of(LampPolicy(watts=watts))
    PolicyRevision(policy="lamp", number=number, values=values, actor_name="ann", reason="elsewhere").save()


def test_policies_are_loaded_before_a_server_starts_to_serve(
    transactional_db: None, lamp: Handle[LampPolicy], followers: list[Follower]
) -> None:
    behind(50)
    followers.append(Follower(SilentBus(), poll_seconds=NEVER))
    followers[0].start()
    assert lamp.current.watts == 50


@pytest.mark.parametrize("kind", ["message", "loss"])
def test_a_message_or_its_loss_wakes_a_follower(
    transactional_db: None, lamp: Handle[LampPolicy], followers: list[Follower], kind: str
) -> None:
    bus = SilentBus()
    followers.append(Follower(bus, poll_seconds=NEVER))
    followers[0].start()
    deliver, lost = bus.heard
    with heard() as told:
        behind(50)
        deliver(None) if kind == "message" else lost(Loss(reason="test"))
        eventually(lambda: lamp.current.watts == 50)
        eventually(lambda: told)
    assert told[0]["before"].watts == 40


def test_without_a_bus_a_follower_polls(
    transactional_db: None, lamp: Handle[LampPolicy], followers: list[Follower]
) -> None:
    followers.append(Follower(SilentBus(), poll_seconds=0.01))
    followers[0].start()
    behind(50)
    eventually(lambda: lamp.current.watts == 50)
    assert lamp.state.number == 1


def test_the_poll_keeps_the_promise_of_five_seconds() -> None:
    assert follower.POLL_SECONDS < 5


def test_a_follower_says_which_revision_it_obeys_and_leaves_the_list_when_it_stops(
    transactional_db: None, lamp: Handle[LampPolicy]
) -> None:
    bus = SilentBus()
    one = Follower(bus, poll_seconds=0.01)
    one.start()
    behind(50)
    latest = PolicyRevision.objects.get().pk
    eventually(lambda: [each.revision for each in following()] == [latest])
    assert following()[0].origin == bus.status().origin
    one.stop()
    assert following() == []
    assert bus.heard == []


def test_a_follower_that_is_idle_says_so_now_and_then(db: None, lamp: Handle[LampPolicy]) -> None:
    clock = Clock()
    one = Follower(SilentBus(), seen_seconds=30, clock=clock)
    one.step()
    first = following()[0].seen_at
    clock.now = 29
    one.step()
    assert following()[0].seen_at == first
    clock.now = 31
    one.step()
    assert following()[0].seen_at > first


def test_a_follower_that_was_killed_falls_off_the_list(db: None, lamp: Handle[LampPolicy]) -> None:
    PolicyFollower(origin="dead:1", revision=3, seen_at=timezone.now() - timedelta(minutes=6)).save()
    assert following() == []
    Follower(SilentBus()).step()
    assert not PolicyFollower.objects.filter(origin="dead:1").exists()


def test_a_database_that_fails_is_told_once_and_asked_again(
    db: None, lamp: Handle[LampPolicy], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> int:
        raise DatabaseError("gone")

    one = Follower(SilentBus())
    with monkeypatch.context() as patched:
        patched.setattr(follower, "refresh", fail)
        one.step()
        one.step()
    assert caplog.text.count("what was loaded last holds") == 1
    behind(50)
    one.step()
    assert lamp.current.watts == 50


def test_a_fault_of_one_policy_does_not_end_the_following(
    db: None, lamp: Handle[LampPolicy], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one = Follower(SilentBus())
    change_policy(name="chat", changes={"page_size": 7}, actor=SYSTEM, reason="test")
    behind(50)
    with monkeypatch.context() as patched:
        patched.setattr(LampPolicy, "check", lambda _: 1 / 0)
        one.step()
    assert "policy lamp cannot be swapped" in caplog.text
    assert (lamp.current.watts, chat.current.page_size) == (40, 7)
    behind(60)
    one.step()
    assert lamp.current.watts == 60


def test_a_database_put_back_from_a_copy_holds(transactional_db: None, lamp: Handle[LampPolicy]) -> None:
    behind(50)
    behind(60)
    current.refresh()
    with connection.cursor() as cursor:
        for statement in ("DROP TRIGGER tuning_policyrevision_no_delete", "DELETE FROM tuning_policyrevision"):
            on = " ON tuning_policyrevision" if connection.vendor == "postgresql" and "DROP" in statement else ""
            cursor.execute(statement + on)
        body = (
            "FOR EACH ROW EXECUTE FUNCTION tuning_append_only()"
            if connection.vendor == "postgresql"
            else "BEGIN SELECT RAISE(ABORT, 'tuning_policyrevision is append-only'); END"
        )
        cursor.execute(f"CREATE TRIGGER tuning_policyrevision_no_delete BEFORE DELETE ON tuning_policyrevision {body}")
    assert current.refresh() == 0
    assert (lamp.current.watts, lamp.state.number) == (40, 0)


def test_readers_never_see_half_a_policy(transactional_db: None, lamp: Handle[LampPolicy]) -> None:
    torn: list[LampPolicy] = []
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            snapshot = lamp.current
            if snapshot.watts + snapshot.surge_watts != 100:
                torn.append(snapshot)

    turn(watts=50, surge_watts=50)
    reader = threading.Thread(target=read)
    reader.start()
    for watts in (40, 30, 20, 10):
        turn(watts=watts, surge_watts=100 - watts)
    is_over.set()
    reader.join()
    assert torn == []
    assert lamp.current.watts == 10


def test_following_starts_once_in_a_process(transactional_db: None, lamp: Handle[LampPolicy]) -> None:
    service = Policies()
    service.start()
    follow()
    assert len(following()) == 1
    assert sum(thread.name == "policies" for thread in threading.enumerate()) == 1
    turn(watts=50)
    latest = PolicyRevision.objects.get().pk
    eventually(lambda: [each.revision for each in following()] == [latest])
    service.stop()
    stop_following()
    assert following() == []


async def test_following_can_start_in_an_event_loop(transactional_db: None, lamp: Handle[LampPolicy]) -> None:
    follow()
    assert any(thread.name == "policies" for thread in threading.enumerate())
    stop_following()
