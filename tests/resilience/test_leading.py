"""A machine that goes where the fleet goes, and what it owes the fleet's store; times and reasons of each passage."""

from dataclasses import replace

import pytest

from apps.resilience.breaker.machine import Machine, utc_hour
from apps.resilience.breaker.permits import Permit, Permits
from apps.resilience.breaker.rules import Judge, Mode, Rules
from apps.resilience.breaker.state import State, Transition


def machine(**rules: object) -> Machine:
    return Machine("test", Rules(**rules), chance=lambda: 0.5)  # type: ignore[arg-type]


def led(one: Machine, state: State, *, now: float, remaining: float = 0.0, openings: int = 1) -> None:
    one.lead(state, remaining_seconds=remaining, openings=openings, reason=f"the fleet: {state}", now=now)


def probing(one: Machine, *numbers: str, now: float, deadline: float = 1000.0) -> None:
    """Let the fleet have opened, and its store have issued permits."""
    led(one, State.OPEN, now=now)
    for number in numbers:
        one.grant(number, deadline=deadline, now=now)


def passed(one: Machine, now: float) -> Permit:
    permit = one.admit(now)
    assert isinstance(permit, Permit)
    return permit


def told(one: Machine) -> list[tuple[str, str, str, float]]:
    return [(move.old, move.new, move.reason, move.at) for move in one.transitions]


def test_a_new_machine_is_closed_and_owes_nothing() -> None:
    one = machine()
    assert (one.state, one.reason, one.would_open, one.generation) == (State.CLOSED, "", "", 1)
    assert (one.opened_at, one.open_until, one.openings, one.row, one.late) == (0.0, 0.0, 0, 0, 0)
    assert (one.is_led, one.has_demand, one.settled, one.transitions) == (False, False, [], [])
    assert (one.rejection.name, one.rejection.state, one.rejection.reason) == ("test", State.CLOSED, "")
    assert (one.free_pass, one.shut_until) == (1, 0.0)


def test_each_passage_says_from_where_why_and_when_and_is_a_generation() -> None:
    one = machine(recovery_seconds=10)
    one.open("by hand", 5.0)
    assert (one.opened_at, one.open_until) == (5.0, 15.5)
    permit = passed(one, 20.0)
    one.record(permit, now=21.0, seconds=0.1, is_failure=True)
    permit = passed(one, 50.0)
    one.record(permit, now=51.0, seconds=0.1, is_failure=False)
    one.half_open("by hand", 60.0)
    one.close("by hand", 61.0)
    assert told(one) == [
        ("closed", "open", "by hand", 5.0),
        ("open", "half-open", "the recovery time is over", 20.0),
        ("half-open", "open", "a probe failed", 21.0),
        ("open", "half-open", "the recovery time is over", 50.0),
        ("half-open", "closed", "the probes succeeded", 51.0),
        ("closed", "half-open", "by hand", 60.0),
        ("half-open", "closed", "by hand", 61.0),
    ]
    assert one.generation == 8
    assert one.transitions[0] == Transition(old=State.CLOSED, new=State.OPEN, reason="by hand", at=5.0)


def test_a_mode_of_staff_is_a_passage_and_forgets_what_would_have_been() -> None:
    one = machine(mode=Mode.METRICS_ONLY, failures_in_a_row=1)
    one.record(one.generation, now=1.0, seconds=0.1, is_failure=True)
    assert one.would_open == "1 failures in a row"
    one.change(Rules(mode=Mode.FORCED_OPEN), now=2.0)
    assert one.would_open == ""
    assert told(one) == [("metrics-only", "forced-open", "staff set it to forced-open", 2.0)]
    assert (one.admit(1e9), one.free_pass) == (None, None)


def test_led_open_it_lasts_as_long_as_the_fleet_says() -> None:
    one = machine()
    led(one, State.OPEN, now=100.0, remaining=7.0, openings=3)
    assert (one.inner, one.is_led, one.openings, one.opened_at, one.open_until) == (State.OPEN, True, 3, 100.0, 107.0)
    assert (one.reason, one.admit(106.9)) == ("the fleet: open", None)
    assert told(one) == [("closed", "open", "the fleet: open", 100.0)]
    one.change(Rules(recovery_seconds=500.0), now=101.0)
    assert one.open_until == 107.0, "the fleet says when, not this process's rules"
    led(one, State.OPEN, now=110.0, remaining=5.0, openings=4)
    assert (one.open_until, one.openings, one.generation) == (115.0, 4, 3)


def test_led_it_issues_no_permit_itself_and_says_that_one_is_wanted() -> None:
    one = machine()
    led(one, State.OPEN, now=100.0)
    assert one.admit(101.0) is None
    assert (one.has_demand, one.inner) == (True, State.OPEN)
    one.grant("a", deadline=130.0, now=102.0)
    assert (one.inner, one.reason) == (State.HALF_OPEN, "the recovery time is over")
    assert told(one)[-1] == ("open", "half-open", "the recovery time is over", 102.0)
    assert one.has_demand is False
    permit = passed(one, 103.0)
    assert (permit.number, permit.deadline, permit.generation, permit.issued_at) == ("a", 130.0, one.generation, 102.0)
    assert one.has_demand is False
    assert one.admit(104.0) is None
    assert one.has_demand is True
    one.leave()
    assert (one.is_led, one.has_demand) == (False, False)


def test_a_second_permit_is_no_passage() -> None:
    one = machine()
    probing(one, "a", "b", now=100.0)
    assert [move.new for move in one.transitions] == [State.OPEN, State.HALF_OPEN]
    assert {passed(one, 101.0).number, passed(one, 101.0).number} == {"a", "b"}


def test_led_half_open_again_is_no_passage_and_led_closed_is_the_end_of_leading() -> None:
    one = machine()
    probing(one, "a", now=100.0)
    generation = one.generation
    led(one, State.HALF_OPEN, now=101.0, openings=2)
    assert (one.generation, one.openings) == (generation, 2)
    one.row = 4
    led(one, State.CLOSED, now=102.0)
    assert (one.inner, one.is_led, one.openings, one.row, one.reason) == (
        State.CLOSED,
        False,
        0,
        0,
        "the fleet: closed",
    )
    assert told(one)[-1] == ("half-open", "closed", "the fleet: closed", 102.0)


@pytest.mark.parametrize(
    ("is_failure", "seconds", "is_good", "state"),
    [(False, 0.1, True, State.HALF_OPEN), (True, 0.1, False, State.OPEN), (False, 9.0, False, State.OPEN)],
)
def test_led_it_tells_how_a_permit_came_back_and_leaves_closing_to_the_fleet(
    is_failure: bool, seconds: float, is_good: bool, state: State
) -> None:
    one = machine()
    probing(one, "a", now=100.0)
    one.record(passed(one, 101.0), now=102.0, seconds=seconds, is_failure=is_failure)
    assert (one.settled, one.inner) == ([("a", is_good)], state)


def test_led_a_permit_that_tells_nothing_goes_back_unused() -> None:
    one = machine()
    probing(one, "a", now=100.0)
    permit = passed(one, 101.0)
    one.give_back(permit, now=102.0)
    one.give_back(permit, now=102.0)
    assert one.settled == [("a", None)], "once"
    one.give_back(one.generation, now=102.0)
    assert one.settled == [("a", None)], "a closed breaker's pass is no permit"


def test_alone_it_owes_the_fleet_nothing() -> None:
    one = machine(recovery_seconds=1)
    one.open("by hand", 0.0)
    one.give_back(passed(one, 10.0), now=10.0)
    one.record(passed(one, 10.0), now=10.0, seconds=0.1, is_failure=False)
    one.give_up_unspent(before=1e9)
    assert one.settled == []


def test_led_permits_that_nobody_takes_are_given_up_and_others_kept() -> None:
    one = machine()
    probing(one, "old", now=100.0)
    one.grant("new", deadline=1000.0, now=105.0)
    one.give_up_unspent(before=105.0)
    assert one.settled == [("old", None)]
    assert passed(one, 106.0).number == "new"
    assert one.admit(106.0) is None


def test_alone_permits_waiting_count_as_much_as_those_that_are_out() -> None:
    one = machine(probes=2, successes_to_close=9, recovery_seconds=1)
    probing(one, "fleets", now=0.0)
    one.leave()
    first = passed(one, 10.0)
    second = passed(one, 10.0)
    assert one.admit(10.0) is None
    assert [(first.number, first.issued_at), (second.number, second.issued_at)] == [("", 10.0), ("fleets", 0.0)]


def test_it_closes_by_one_more_where_staff_ask_for_fewer_successes_than_there_were_already() -> None:
    one = machine(successes_to_close=2, recovery_seconds=1)
    one.open("it failed", 0.0)
    one.record(passed(one, 10.0), now=10.0, seconds=0.1, is_failure=False)
    assert one.state is State.HALF_OPEN
    one.change(replace(one.rules, successes_to_close=1), now=11.0)
    one.record(passed(one, 12.0), now=12.0, seconds=0.1, is_failure=False)
    assert one.state is State.CLOSED


def test_a_permit_ends_at_its_deadline_waiting_or_out() -> None:
    permits = Permits()
    permits.issue(generation=1, now=0.0, deadline=5.0, number="a")
    assert permits.take(5.0) is None
    permits.issue(generation=1, now=0.0, deadline=5.0, number="b")
    taken = permits.take(4.9)
    assert taken is not None
    assert (permits.out, permits.waiting) == (1, 0)
    permits.reclaim(5.0)
    assert (permits.out, permits.settle(taken, 5.0)) == (0, False)


def test_half_open_nothing_shuts_the_door_but_the_count() -> None:
    one = machine(recovery_seconds=1)
    one.open("by hand", 100.0)
    passed(one, 200.0)
    assert (one.shut_until, one.free_pass) == (0.0, None)
    one.change(Rules(mode=Mode.DISABLED), now=201.0)
    assert (one.shut_until, one.free_pass) == (0.0, one.generation)


def test_learning_begins_with_what_the_tape_holds_and_ends_with_the_judge() -> None:
    one, adaptive = machine(failures_in_a_row=0), Rules(judge=Judge.ADAPTIVE, failures_in_a_row=0, minimum_calls=1000)
    for number in range(600):
        one.record(one.generation, now=float(number), seconds=0.2, is_failure=False)
    one.change(adaptive, now=600.0)
    for number in range(601, 607):
        one.record(one.generation, now=float(number), seconds=0.2, is_failure=True)
        if one.inner is State.OPEN:
            break
    assert one.inner is State.OPEN, "six failures in a row are unusual for what never fails"
    assert one.reason != ""
    unlearned = machine(judge=Judge.ADAPTIVE, failures_in_a_row=0, minimum_calls=1000)
    for number in range(6):
        unlearned.record(unlearned.generation, now=float(number), seconds=0.2, is_failure=True)
    assert unlearned.inner is State.CLOSED, "nothing is known of what is usual"
    one.close("again", 607.0)
    one.change(Rules(failures_in_a_row=0, minimum_calls=1000), now=608.0)
    for number in range(609, 620):
        one.record(one.generation, now=float(number), seconds=0.2, is_failure=True)
    assert one.inner is State.CLOSED, "the thresholds judge again"


def test_what_is_older_than_an_hour_is_not_learned() -> None:
    one = machine(failures_in_a_row=0)
    for number in range(600):
        one.record(one.generation, now=float(number), seconds=0.2, is_failure=False)
    one.change(Rules(judge=Judge.ADAPTIVE, failures_in_a_row=0, minimum_calls=1000), now=600.0 + 3601)
    for number in range(6):
        one.record(one.generation, now=5000.0 + number, seconds=0.2, is_failure=True)
    assert one.inner is State.CLOSED


def test_until_enough_is_learned_the_thresholds_judge() -> None:
    one = machine(judge=Judge.ADAPTIVE, failures_in_a_row=3)
    for number in range(3):
        one.record(one.generation, now=float(number), seconds=0.2, is_failure=True)
    assert (one.inner, one.reason) == (State.OPEN, "3 failures in a row")


def test_the_hour_is_that_of_utc() -> None:
    assert utc_hour() in range(24)
