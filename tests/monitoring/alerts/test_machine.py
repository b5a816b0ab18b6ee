"""The state machine of alerts, under any course of events."""

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.monitoring.alerts.machine import GAP_SECONDS, Course, Event, Look, State, Terms, step

PAUSES = st.floats(0.5, 200, allow_nan=False)
TURNS = st.lists(st.tuples(PAUSES, st.booleans(), st.booleans(), st.booleans()), max_size=40)
TERMS = st.builds(Terms, for_seconds=st.sampled_from([0, 15, 60, 300]), repeat_seconds=st.sampled_from([0, 60, 600]))
Told = list[tuple[Look, Event | None, Course]]


def lived(turns: list[tuple[float, bool, bool, bool]], terms: Terms) -> Told:
    """Return every look with what was told and where the alert stood then."""
    course, at, told = Course(), 1_000.0, []
    for pause, is_broken, is_silenced, is_acknowledged in turns:
        at += pause
        look = Look(is_broken=is_broken, at=at, is_silenced=is_silenced, is_acknowledged=is_acknowledged)
        course, event = step(course, look, terms)
        told.append((look, event, course))
    return told


def lasted(told: Told, index: int, *, is_broken: bool) -> float:
    """Return for how long up to a look the rule had been so, without a pause in which nobody looked."""
    end = at = told[index][0].at
    for look, _, _ in reversed(told[: index + 1]):
        if look.is_broken is not is_broken or at - look.at > GAP_SECONDS:
            break
        at = look.at
    return end - at


@settings(max_examples=60, deadline=None)
@given(TURNS, TERMS)
def test_what_is_told_begins_with_raised_and_ends_with_resolved(
    turns: list[tuple[float, bool, bool, bool]], terms: Terms
) -> None:
    is_open = False
    for _, event, course in lived(turns, terms):
        if event is not None:
            assert (event is Event.RAISED) is not is_open
            assert (event is Event.RESOLVED) is (course.state is State.CALM)
        is_open = course.state is not State.CALM and (is_open or event is not None)


@settings(max_examples=60, deadline=None)
@given(TURNS, TERMS)
def test_it_is_raised_and_over_only_after_it_was_so_for_long_enough(
    turns: list[tuple[float, bool, bool, bool]], terms: Terms
) -> None:
    told, before = lived(turns, terms), State.CALM
    active = {State.RAISED, State.CLEARING}
    for index, (_, _, course) in enumerate(told):
        is_raised, is_over = course.state in active and before not in active, course.state is State.CALM
        if is_raised:
            assert lasted(told, index, is_broken=True) >= terms.for_seconds
        if is_over and before in active:
            assert lasted(told, index, is_broken=False) >= terms.for_seconds
        before = course.state
    assert len(told) == len(turns)


@settings(max_examples=60, deadline=None)
@given(TURNS, TERMS)
def test_repeats_keep_their_distance_and_silence_is_kept(
    turns: list[tuple[float, bool, bool, bool]], terms: Terms
) -> None:
    last = 0.0
    for look, event, _ in lived(turns, terms):
        if event is not None:
            assert not look.is_silenced
        if event is Event.REPEATED:
            assert not look.is_acknowledged
            assert terms.repeat_seconds > 0
            assert look.at - last >= terms.repeat_seconds
        last = look.at if event else last


@settings(max_examples=40, deadline=None)
@given(TURNS, TERMS)
def test_to_look_twice_at_one_moment_tells_nothing_twice(
    turns: list[tuple[float, bool, bool, bool]], terms: Terms
) -> None:
    told = lived(turns, terms)
    assert all(step(course, look, terms) == (course, None) for look, _, course in told)


def test_what_comes_and_goes_faster_than_the_terms_is_never_told() -> None:
    turns = [(15.0, number % 2 == 0, False, False) for number in range(100)]
    assert not any(event for _, event, _ in lived(turns, Terms(for_seconds=30, repeat_seconds=60)))


def test_what_nobody_looked_at_is_not_taken_to_have_lasted() -> None:
    turns = [(15.0, True, False, False), (3_600.0, True, False, False), (15.0, True, False, False)]
    states = [course.state for _, _, course in lived(turns, Terms(for_seconds=30, repeat_seconds=0))]
    assert states == [State.PENDING, State.PENDING, State.PENDING]


def test_an_alert_raised_in_silence_is_told_when_the_silence_ends() -> None:
    turns = [(15.0, True, True, False), (15.0, True, True, False), (15.0, True, False, False)]
    told = [event for _, event, _ in lived(turns, Terms(for_seconds=0, repeat_seconds=3_600))]
    assert told == [None, None, Event.RAISED]
