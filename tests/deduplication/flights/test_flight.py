"""The state machine step by step: what each event decides."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from apps.deduplication.flights.decisions import (
    Again,
    Busy,
    Cancel,
    Claim,
    Drop,
    Led,
    Publish,
    Release,
    Renew,
    Result,
    Settle,
    Start,
)
from apps.deduplication.flights.flight import NEVER, Flight, State
from apps.deduplication.flights.outcome import Kind, Outcome
from tests.deduplication.flights.fleet import Terms

VALUE, ERROR = Outcome(Kind.VALUE, b"v"), Outcome(Kind.ERROR, error=ValueError("e"))
ALONE, LOST = Outcome(Kind.ALONE, b"a"), Outcome(Kind.LOST)
New = Callable[..., Flight[str]]


@pytest.fixture
def new() -> New:
    """Make flights whose tokens are t1, t2, …"""

    def make(*, window: float = 0.0, cancels: bool = True) -> Flight[str]:
        tokens = (f"t{number}" for number in count(1))
        terms = Terms(
            lease_seconds=4.0, deadline_seconds=20.0, result_window_seconds=window, is_cancelled_when_left=cancels
        )
        return Flight(terms, new_token=lambda: next(tokens))

    return make


@pytest.fixture
def leading(new: New) -> Flight[str]:
    """A flight that ann leads and bob waits for, since second 0."""
    return led(new())


def led(flight: Flight[str]) -> Flight[str]:
    flight.join("ann", 0)
    flight.join("bob", 0)
    flight.claimed(Led(), 0)
    return flight


@pytest.fixture
def waiting(new: New) -> Flight[str]:
    """A flight whose callers wait for round r of another process, until second 3."""
    flight = new()
    flight.join("ann", 0)
    flight.join("bob", 0)
    flight.claimed(Busy("r", 3), 0)
    return flight


def test_a_new_flight_is_in_no_round_yet_and_nobody_is_on_it(new: New) -> None:
    flight = new()
    assert (flight.state, flight.token, flight.round) == (State.CLAIMING, "", "")
    assert (flight.pilot, flight.callers, flight.due) == (None, {}, NEVER)


def test_the_first_caller_claims_and_the_others_wait_for_that(new: New) -> None:
    flight = new()
    assert flight.join("ann", 0) == (Claim("t1", ""),)
    assert flight.join("bob", 0) == ()
    assert (flight.state, flight.round, flight.due) == (State.CLAIMING, "", NEVER)
    assert flight.claimed(Led(), 0) == (Start("ann"),)
    assert (flight.is_leading, flight.pilot, flight.round) == (True, "ann", "t1")


def test_a_lead_is_renewed_four_times_a_lease_until_its_deadline(leading: Flight[str]) -> None:
    assert leading.due == 1
    assert leading.tick(0.9) == ()
    assert leading.tick(1) == (Renew("t1"),)
    assert leading.renewed(is_ours=True) == ()
    assert leading.due == 2
    assert leading.tick(20) == (Release("t1"), Drop(), Again(("bob",)))
    assert (leading.state, leading.due) == (State.ASTRAY, NEVER)
    assert leading.worked(VALUE, 21) == (Settle(("ann",), VALUE),)
    assert leading.state is State.ENDED


def test_work_that_progresses_moves_its_deadline(leading: Flight[str], waiting: Flight[str]) -> None:
    assert leading.progressed(15) == ()
    assert leading.tick(20) == (Renew("t1"),)
    assert leading.tick(35)[0] == Release("t1")
    assert leading.progressed(36) == waiting.progressed(36) == ()
    assert leading.due == NEVER
    assert waiting.due == 3


@pytest.mark.parametrize("outcome", [VALUE, ERROR])
def test_what_is_shared_goes_to_all_and_to_the_store(leading: Flight[str], outcome: Outcome) -> None:
    assert leading.worked(outcome, 1) == (Settle(("ann", "bob"), outcome), Publish("t1", outcome))
    assert leading.tick(100) == ()
    assert leading.join("eve", 1) == ()
    assert leading.published() == (Drop(), Again(("eve",)))
    assert (leading.state, leading.due, leading.published()) == (State.ENDED, NEVER, ())


@pytest.mark.parametrize("outcome", [ALONE, LOST])
def test_what_is_not_shared_goes_to_its_pilot_and_the_others_begin_anew_when_the_key_is_free(
    leading: Flight[str], outcome: Outcome
) -> None:
    assert leading.worked(outcome, 1) == (Settle(("ann",), outcome), Release("t1"))
    assert leading.published() == (Drop(), Again(("bob",)))


def test_a_pilot_that_left_is_not_told(leading: Flight[str]) -> None:
    assert leading.leave("ann") == ()
    assert leading.worked(ALONE, 1) == (Release("t1"),)
    assert leading.published() == (Drop(), Again(("bob",)))


def test_a_kept_result_is_given_within_its_window(new: New) -> None:
    flight = led(new(window=5.0))
    flight.worked(VALUE, 1)
    assert flight.join("eve", 1) == (Settle(("eve",), VALUE),)
    assert flight.published() == ()
    assert flight.join("dan", 5.9) == (Settle(("dan",), VALUE),)
    assert flight.tick(5.9) == ()
    assert flight.join("cat", 6) == (Drop(), Again(("cat",)))


def test_a_kept_result_goes_when_its_window_ends_or_it_is_forgotten(new: New) -> None:
    for end in (lambda flight: flight.tick(6), lambda flight: flight.forget(), lambda flight: flight.revoke()):
        flight = led(new(window=5.0))
        flight.worked(VALUE, 1)
        flight.published()
        assert end(flight) == (Drop(),)
        assert flight.due == NEVER


def test_a_result_forgotten_while_it_lands_is_for_nobody_else(new: New) -> None:
    flight = led(new(window=5.0))
    flight.worked(VALUE, 1)
    assert flight.forget() == ()
    assert flight.join("eve", 1) == ()
    assert flight.published() == (Drop(), Again(("eve",)))


def test_the_last_to_leave_cancels_once(leading: Flight[str]) -> None:
    assert leading.leave("bob") == ()
    assert leading.leave("ann") == (Cancel("ann"),)
    assert leading.join("eve", 1) == ()
    assert leading.leave("eve") == ()
    assert leading.worked(LOST, 1) == (Release("t1"),)
    assert leading.published() == (Drop(),)


def test_by_policy_the_last_to_leave_cancels_nothing(new: New) -> None:
    flight = led(new(cancels=False))
    assert (flight.leave("bob"), flight.leave("ann")) == ((), ())
    assert flight.worked(VALUE, 1) == (Settle((), VALUE), Publish("t1", VALUE))


def test_a_lead_nobody_is_left_for_is_given_back(new: New) -> None:
    flight = new()
    flight.join("ann", 0)
    assert flight.leave("ann") == ()
    assert flight.claimed(Led(), 0) == (Release("t1"),)
    assert flight.published() == (Drop(),)
    other = new()
    other.join("ann", 0)
    other.leave("ann")
    assert other.claimed(Busy("r", 3), 0) == (Drop(),)


def test_who_waits_asks_again_when_the_lease_would_end_or_the_bus_says_so(waiting: Flight[str]) -> None:
    assert (waiting.state, waiting.round, waiting.due) == (State.WAITING, "r", 3)
    assert waiting.tick(2.9) == ()
    assert waiting.tick(3) == (Claim("t2", "r"),)
    assert waiting.claimed(Busy("r", 3), 3) == ()
    assert waiting.heard() == (Claim("t3", "r"),)
    assert waiting.claimed(Result(VALUE, "s"), 4) == (Settle(("ann", "bob"), VALUE), Drop())
    assert (waiting.seen, waiting.state) == ("s", State.ENDED)


def test_news_that_come_while_the_store_is_asked_are_not_lost(waiting: Flight[str]) -> None:
    waiting.tick(3)
    assert waiting.heard() == ()
    assert waiting.claimed(Busy("r", 3), 3) == (Claim("t3", "r"),)
    assert waiting.claimed(Busy("r", 3), 3) == ()


def test_news_mean_nothing_to_a_leader(leading: Flight[str]) -> None:
    assert leading.heard() == ()
    assert leading.is_leading


def test_one_of_those_who_waited_succeeds_a_dead_leader(waiting: Flight[str]) -> None:
    waiting.leave("ann")
    waiting.tick(3)
    assert waiting.claimed(Led(), 3) == (Start("bob"),)
    assert (waiting.token, waiting.due) == ("t2", 4)


def test_the_last_to_leave_a_wait_ends_it(waiting: Flight[str]) -> None:
    assert waiting.leave("ann") == ()
    assert waiting.leave("bob") == (Drop(),)
    assert waiting.leave("bob") == ()


def test_a_forgotten_lead_is_its_callers_and_nobody_elses(leading: Flight[str]) -> None:
    assert leading.forget() == (Drop(),)
    assert (leading.state, leading.due) == (State.ASTRAY, NEVER)
    assert leading.renewed(is_ours=False) == ()
    assert leading.worked(VALUE, 1) == (Settle(("ann", "bob"), VALUE),)


def test_a_forgotten_lead_whose_result_is_not_shared_lets_the_others_begin_anew(leading: Flight[str]) -> None:
    leading.forget()
    assert leading.worked(ALONE, 1) == (Settle(("ann",), ALONE), Again(("bob",)))


def test_a_forgotten_wait_takes_no_result_of_its_round(waiting: Flight[str]) -> None:
    assert waiting.forget() == (Claim("t2", ""),)


@pytest.mark.parametrize(("answer", "first"), [(Led(), (Release("t1"),)), (Busy("r", 3), ()), (Result(VALUE, "r"), ())])
def test_a_claim_forgotten_midway_is_made_anew_and_its_lease_given_back(new: New, answer: Any, first: Any) -> None:
    flight = new()
    flight.join("ann", 0)
    assert flight.forget() == ()
    assert flight.claimed(answer, 0) == (*first, Claim("t2", ""))
    assert flight.published() == ()
    assert flight.claimed(Led(), 0) == (Start("ann"),)


def test_a_lost_lease_and_a_revoked_one_free_who_waits(new: New) -> None:
    for lose in (lambda flight: flight.renewed(is_ours=False), lambda flight: flight.revoke()):
        flight = led(new())
        assert lose(flight) == (Drop(), Again(("bob",)))
        assert flight.worked(VALUE, 1) == (Settle(("ann",), VALUE),)


def test_revoking_what_was_forgotten_frees_who_waits(leading: Flight[str]) -> None:
    leading.forget()
    assert leading.revoke() == (Drop(), Again(("bob",)))


def test_revoking_a_wait_is_forgetting_it(waiting: Flight[str]) -> None:
    assert waiting.revoke() == (Claim("t2", ""),)


def test_a_pilot_that_cannot_start_gives_the_lead_back_and_the_others_begin_anew(leading: Flight[str]) -> None:
    assert leading.grounded() == (Release("t1"),)
    assert (leading.pilot, leading.due) == (None, NEVER)
    assert leading.published() == (Drop(), Again(("bob",)))


def test_a_pilot_that_cannot_start_and_is_the_only_one_ends_the_flight(leading: Flight[str]) -> None:
    leading.leave("bob")
    assert leading.grounded() == (Release("t1"),)
    assert leading.published() == (Drop(),)


def test_who_comes_after_the_last_left_a_pilot_that_never_starts_begins_anew(leading: Flight[str]) -> None:
    leading.leave("bob")
    assert leading.leave("ann") == (Cancel("ann"),)
    leading.join("eve", 1)
    assert leading.grounded() == (Release("t1"),)
    assert leading.published() == (Drop(), Again(("eve",)))


def test_an_astray_pilot_that_cannot_start_lets_the_others_begin_anew(leading: Flight[str]) -> None:
    leading.forget()
    assert leading.grounded() == (Again(("bob",)),)
    assert leading.state is State.ENDED
