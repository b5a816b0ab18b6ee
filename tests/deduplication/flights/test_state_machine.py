"""Flights of three processes under every interleaving: what must hold in any of them."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from apps.deduplication.flights.flight import State
from apps.deduplication.flights.outcome import Kind
from tests.deduplication.flights.fleet import Fleet, Guest, Process

PROCESS = st.integers(0, 2)
STEPS_WANTED = 10_000


class Flights(RuleBasedStateMachine):
    """Callers join and are cancelled, messages are late or lost, processes die, leads are taken away."""

    steps = 0

    @initialize(window=st.sampled_from([0.0, 0.0, 3.0]), deadline=st.sampled_from([3.0, 20.0]), cancels=st.booleans())
    def begin(self, window: float, deadline: float, cancels: bool) -> None:
        self.fleet = Fleet(window=window, deadline=deadline, cancels=cancels)
        self.window = window
        self.forgotten: dict[Process, int] = {}

    @rule(process=PROCESS)
    def join(self, process: int) -> None:
        host = self.fleet.processes[process]
        guest = Guest(host, next(self.fleet.moments))
        self.fleet.guests.append(guest)
        host.join(guest)

    @precondition(lambda self: self.waiting())
    @rule(data=st.data())
    def leave(self, data: Any) -> None:
        guest = data.draw(st.sampled_from(self.waiting()))
        guest.process.leave(guest)

    @precondition(lambda self: any(process.errands for process in self.fleet.processes))
    @rule(data=st.data())
    def store_answers(self, data: Any) -> None:
        data.draw(st.sampled_from([one for one in self.fleet.processes if one.errands])).errands.popleft()()

    @precondition(lambda self: self.fleet.running)
    @rule(data=st.data(), kind=st.sampled_from([Kind.VALUE, Kind.VALUE, Kind.ERROR, Kind.ALONE, Kind.LOST]))
    def work_ends(self, data: Any, kind: Kind) -> None:
        one = data.draw(st.sampled_from(self.fleet.running))
        self.fleet.finish(one, Kind.LOST if one.is_cancelled else kind)

    @precondition(lambda self: self.fleet.wakes)
    @rule(is_lost=st.booleans())
    def message_comes_or_is_lost(self, is_lost: bool) -> None:
        hear = self.fleet.wakes.popleft()
        if not is_lost:
            hear()

    @rule(seconds=st.sampled_from([0.1, 0.6, 2.1, 5.0]))
    def time_passes(self, seconds: float) -> None:
        self.fleet.advance(seconds)

    @rule(process=PROCESS)
    def crash(self, process: int) -> None:
        self.fleet.crash(process)

    @rule(process=PROCESS)
    def forget(self, process: int) -> None:
        self.fleet.processes[process].forget()
        self.forgotten[self.fleet.processes[process]] = next(self.fleet.moments)

    @rule(process=PROCESS)
    def revoke(self, process: int) -> None:
        self.fleet.processes[process].revoke()

    @precondition(lambda self: self.fleet.running)
    @rule(data=st.data())
    def loop_ends_before_its_work_begins(self, data: Any) -> None:
        one = data.draw(st.sampled_from(self.fleet.running))
        if not one.pilot.given:
            self.fleet.running.remove(one)
            one.pilot.has_left = True
            one.process.perform(one.flight, one.flight.grounded())

    @invariant()
    def at_most_one_runs_unless_its_lead_was_given_up(self) -> None:
        type(self).steps += 1
        if hasattr(self, "fleet"):
            assert sum(not one.is_let_go for one in self.fleet.running) <= 1

    @invariant()
    def nobody_is_told_twice_and_results_are_no_older_than_they_may_be(self) -> None:
        for guest in self.fleet.guests if hasattr(self, "fleet") else ():
            assert len(guest.given) <= 1
            assert not (guest.has_left and guest.given)
            for outcome in guest.given:
                self.check_age(guest, outcome.value)

    def check_age(self, guest: Guest, value: bytes) -> None:
        began, _ = self.fleet.values[value]
        forgotten = self.forgotten.get(guest.process, 0)
        assert not began < forgotten < guest.joined_at, "a caller after a forget was given what began before it"

    def waiting(self) -> list[Guest]:
        return [guest for guest in self.fleet.guests if not guest.given and not guest.has_left]

    def teardown(self) -> None:
        """Whatever happened, everybody is answered and no key stays taken."""
        if not hasattr(self, "fleet"):
            return
        for _ in range(200):
            if self.is_quiet():
                break
            self.drain()
        assert self.waiting() == []
        assert all(process.flight is None for process in self.fleet.processes)

    def is_quiet(self) -> bool:
        busy = any(process.errands or process.flight for process in self.fleet.processes)
        return not (busy or self.fleet.running or self.fleet.wakes)

    def drain(self) -> None:
        for process in self.fleet.processes:
            while process.errands:
                process.errands.popleft()()
        while self.fleet.wakes:
            self.fleet.wakes.popleft()()
        for one in list(self.fleet.running):
            self.fleet.finish(one, Kind.LOST if one.is_cancelled else Kind.VALUE)
        self.fleet.advance(1.0)
        self.at_most_one_runs_unless_its_lead_was_given_up()


def test_whatever_happens_one_runs_everybody_is_answered_and_no_key_stays_taken() -> None:
    Flights.steps = 0
    bounds = settings(
        max_examples=260, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    run_state_machine_as_test(Flights, settings=bounds)
    assert Flights.steps >= STEPS_WANTED
    assert State.ASTRAY is not State.ENDED


def test_no_work_begins_under_a_lead_that_was_forgotten_before_its_pilot_could_start() -> None:
    fleet = Fleet()
    leader, other, forgetful = fleet.processes
    for process in (other, leader):
        process.join(Guest(process, next(fleet.moments)))
    leader.errands.popleft()()
    forgetful.forget()
    leader.join(Guest(leader, next(fleet.moments)))
    one = fleet.running.pop()
    leader.perform(one.flight, one.flight.grounded())
    other.errands.popleft()()
    assert [running.process for running in fleet.running] == [other]
