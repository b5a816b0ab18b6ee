"""What the auditor is told of an execution, by what its flight has come to."""

from itertools import count

from apps.deduplication.audit.execution import Execution
from apps.deduplication.audit.ring import Ring
from apps.deduplication.flights.aloft import Aloft
from apps.deduplication.flights.callers import Caller, ThreadCaller
from apps.deduplication.flights.decisions import Led
from apps.deduplication.flights.flight import Flight, State
from apps.deduplication.flights.guarantee import Guarantee
from apps.deduplication.flights.policy import FlightPolicy
from apps.deduplication.flights.recorder import Recorder
from apps.deduplication.flights.scope import Scope
from apps.deduplication.flights.store import Place


def leading(scope: Scope) -> Aloft:
    """Return a flight that has the lead since second 0."""
    policy, tokens = FlightPolicy(), count(1)
    flight: Flight[Caller] = Flight(policy, new_token=lambda: str(next(tokens)))
    flight.join(ThreadCaller(bytes), 0)
    flight.claimed(Led(), 0)
    place = Place(scope=scope.name, digest="d", lease_seconds=policy.lease_seconds)
    return Aloft(scope=scope, place=place, flight=flight, policy=policy, since=0)


def begun(aloft: Aloft) -> Execution:
    execution, _ = Recorder(Ring(), Guarantee()).begin(aloft)
    return execution


def test_work_that_begins_after_its_lead_was_given_up_is_let_go_from_the_start(scope: Scope) -> None:
    early, late = leading(scope), leading(scope)
    late.flight.forget()
    assert late.flight.state is State.ASTRAY
    assert begun(late).let_go_ns
    assert not begun(early).let_go_ns


def test_a_lease_lost_before_its_time_is_declared_and_one_that_ran_out_is_not(scope: Scope) -> None:
    recorder = Recorder(Ring(), Guarantee())
    for age, is_alone in ((0.5, True), (1.5, False)):
        aloft = leading(scope)
        execution, _ = recorder.begin(aloft)
        recorder.lost_lease(aloft, age * aloft.policy.lease_seconds)
        assert execution.is_alone is is_alone
