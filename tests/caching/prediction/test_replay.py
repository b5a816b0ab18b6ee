"""Three levels in miniature: who answers, and that the recordings of many processes play as one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.caching.prediction.curve import Curve, Point
from apps.caching.prediction.exceptions import SnapshotError
from apps.caching.prediction.replay import played, what_if
from apps.caching.prediction.sampler import Sampler
from apps.caching.prediction.stack import L1, L2, L3, LOADED, Event, Stack, Ttls

TTLS = Ttls(l1_seconds=0.1, l2_seconds=1.0, l3_seconds=10.0)
CURVE = Curve(
    points=(Point(ttl_seconds=0.1, hit_rate=0.6, mean_age_seconds=0.0),), reads_per_second=1.0, load_seconds=0.0
)


def answers(*reads: tuple[int, int, int], stack: Stack | None = None) -> list[int]:
    """Return who answers reads of one key: process, session, milliseconds."""
    levels = stack or Stack(TTLS)
    return [levels.read(event(process, session, now)) for process, session, now in reads]


def event(process: int, session: int, now: int, generation: int = 0, key: int = 1) -> Event:
    return Event(now, process, key, session, generation, 0)


def sampler() -> Sampler:
    return Sampler(0.0, block_bits=0)


def test_each_level_answers_until_just_before_its_ttl() -> None:
    assert answers((0, 0, 0), (0, 0, 99)) == [LOADED, L1]
    assert answers((0, 0, 0), (0, 0, 100)) == [LOADED, L2]
    assert answers((0, 0, 0), (0, 0, 999)) == [LOADED, L2]
    assert answers((0, 0, 0), (0, 0, 1000)) == [LOADED, L3]
    assert answers((0, 0, 0), (0, 0, 9999)) == [LOADED, L3]
    assert answers((0, 0, 0), (0, 0, 10_000)) == [LOADED, LOADED]


def test_a_level_counts_from_when_it_was_given_the_entry_by_l3_or_a_load() -> None:
    assert answers((0, 0, 0), (0, 0, 500), (0, 0, 599), (0, 0, 600)) == [LOADED, L2, L2, L2]
    assert answers((0, 0, 0), (0, 0, 5000), (0, 0, 5099), (0, 0, 5999)) == [LOADED, L3, L1, L2]
    assert answers((0, 0, 0), (0, 0, 9999), (0, 0, 9999 + 1000)) == [LOADED, L3, LOADED]


def test_l1_is_a_process_and_l2_a_session_in_it_and_l3_is_all() -> None:
    assert answers((0, 0, 0), (0, 5, 50)) == [LOADED, L1]
    assert answers((0, 0, 0), (0, 5, 150)) == [LOADED, L3]
    assert answers((0, 0, 0), (1, 0, 50)) == [LOADED, L3]


def test_a_level_with_no_ttl_is_switched_off() -> None:
    off = Stack(Ttls(l1_seconds=0, l2_seconds=1.0, l3_seconds=0))
    assert answers((0, 0, 0), (0, 0, 0), (0, 0, 1000), (0, 1, 1000), stack=off) == [LOADED, L2, LOADED, LOADED]


def test_another_generation_and_an_invalidation_void_every_level() -> None:
    levels = Stack(TTLS)
    assert [levels.read(event(0, 0, now, generation)) for now, generation in ((0, 1), (1, 2), (2, 2))] == [3, 3, 0]
    levels.void(2)
    assert levels.read(event(0, 0, 3, 2)) == L1
    levels.void(1)
    assert levels.read(event(0, 0, 4, 2)) == LOADED
    levels.void(1)
    assert levels.read(event(0, 0, 5, 2)) == LOADED


def test_keys_are_told_apart() -> None:
    levels = Stack(TTLS)
    assert [levels.read(event(0, 0, 0, key=key)) for key in (1, 2, 1)] == [LOADED, LOADED, L1]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 3), st.integers(0, 400)), min_size=1))
def test_recordings_play_as_the_events_came(steps: list[tuple[int, int, int, int]]) -> None:
    samplers, levels, now, expected = [sampler() for _ in range(3)], Stack(TTLS), 0, [0, 0, 0, 0]
    for process, session, key, pause in steps:
        now += pause + 1
        samplers[process].observe(key << 40, now / 1000, 0, session)
        expected[levels.read(event(process, session, now, key=key))] += 1
    found = played([one.recording() for one in samplers], TTLS)
    assert [found[level] for level in (L1, L2, L3, LOADED)] == expected


def test_an_invalidation_is_played_where_it_came() -> None:
    one = sampler()
    one.observe(0, 1.0)
    one.invalidate(0, 1.01)
    one.observe(0, 1.02)
    assert played([one.recording()], TTLS) == {LOADED: 2}


def test_what_came_in_the_same_millisecond_keeps_its_order() -> None:
    one = sampler()
    one.observe(0, 1.0, 0, 5)
    one.observe(0, 1.0, 0, 3)
    one.invalidate(0, 1.0)
    one.observe(0, 1.0, 0, 4)
    assert played([one.recording()], TTLS) == {LOADED: 2, L1: 1}


def test_only_keys_that_every_process_still_records_are_played() -> None:
    whole, little = sampler(), Sampler(0.0, block_bits=0, events_max=1)
    for key in (0, (1 << 64) - 1):
        whole.observe(key, 1.0)
        little.observe(key, 1.0)
    assert played([whole.recording()], TTLS).total() == 2
    assert played([whole.recording(), little.recording()], TTLS) == {LOADED: 1, L3: 1}


def test_l1_has_the_share_the_curve_knows_and_the_rest_is_told_by_the_recordings() -> None:
    one = sampler()
    for session, now in ((0, 0.0), (0, 0.05), (0, 0.2), (1, 0.4), (2, 0.6)):
        one.observe(0, now, 0, session)
    shares = what_if([one.recording()], TTLS, CURVE)
    assert shares is not None
    assert (shares.l1, shares.l2, shares.l3, shares.loaded) == pytest.approx((0.6, 0.1, 0.2, 0.1))


def test_what_the_recordings_cannot_tell_counts_as_loaded() -> None:
    one = sampler()
    one.observe(0, 0.0, 0, 0)
    shares = what_if([one.recording()], TTLS, CURVE)
    assert shares is not None
    assert (shares.l2, shares.l3, shares.loaded) == pytest.approx((0.0, 0.0, 0.4))


def test_nothing_recorded_is_no_answer() -> None:
    assert what_if([], TTLS, CURVE) is None
    assert what_if([sampler().recording()], TTLS, CURVE) is None


@pytest.mark.parametrize("recording", [b"", b"rec0" + bytes(12), b"rec1" + bytes(11), b"rec1" + bytes(13)])
def test_a_recording_of_another_form_is_refused(recording: bytes) -> None:
    with pytest.raises(SnapshotError, match=r"^recording: "):
        what_if([recording], TTLS, CURVE)
