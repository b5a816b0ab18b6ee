"""Whoever knows pybreaker is at home: its documented examples, with our breaker in its place."""

import logging
from typing import Any

import pybreaker
import pytest

from apps.resilience.breaker import Breaker, CircuitBreaker
from tests.resilience.virtual import BrokenError, Clock, broken, ended, fine


class DBListener(pybreaker.CircuitBreakerListener):
    "Listener used by circuit breakers that execute database operations."

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def before_call(self, cb: Any, func: Any, *args: Any, **kwargs: Any) -> None:
        "Called before the circuit breaker `cb` calls `func`."
        self.heard.append(("before", cb.name, func.__name__, args, kwargs))

    def state_change(self, cb: Any, old_state: Any, new_state: Any) -> None:
        "Called when the circuit breaker `cb` state changes."
        self.heard.append(("state", old_state.name, new_state.name))

    def failure(self, cb: Any, exc: BaseException) -> None:
        "Called when a function invocation raises a system error."
        self.heard.append(("failure", cb.fail_counter, str(exc)))

    def success(self, cb: Any) -> None:
        "Called when a function invocation succeeds."
        self.heard.append(("success", cb.current_state))


class LogListener(pybreaker.CircuitBreakerListener):
    "Listener used to log circuit breaker events."

    def state_change(self, cb: Any, old_state: Any, new_state: Any) -> None:
        msg = f"State Change: CB: {cb.name}, New State: {new_state}"
        logging.getLogger("listener").info(msg)


class HTTPError(Exception):
    def __init__(self, status_code: int) -> None:
        self.status_code = status_code


class CustomerValidationError(Exception):
    pass


def update_customer(cust: str, *, name: str = "") -> str:
    return cust + name


def test_listeners_hear_what_pybreaker_tells_them(caplog: pytest.LogCaptureFixture) -> None:
    listener = DBListener()
    db_breaker = CircuitBreaker(fail_max=2, listeners=[listener, LogListener()], name="db")
    with caplog.at_level(logging.INFO, logger="listener"):
        db_breaker.call(update_customer, "ann", name="b")
        for _ in range(2):
            with pytest.raises((BrokenError, pybreaker.CircuitBreakerError)):
                db_breaker.call(broken)
    assert listener.heard == [
        ("before", "db", "update_customer", ("ann",), {"name": "b"}),
        ("success", "closed"),
        ("before", "db", "broken", (), {}),
        ("failure", 1, "down"),
        ("before", "db", "broken", (), {}),
        ("state", "closed", "open"),
        ("failure", 2, "down"),
    ]
    assert "State Change: CB: db, New State: <pybreaker." in caplog.text


def test_listeners_come_and_go_and_may_fail(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(pybreaker.CircuitBreakerListener):
        def success(self, cb: Any) -> None:
            raise ValueError("mine")

    db_breaker, one, other = CircuitBreaker(), DBListener(), DBListener()
    db_breaker.add_listener(Failing())
    db_breaker.add_listeners(one, other)
    db_breaker.remove_listener(other)
    assert db_breaker.call(fine) == "fine"
    assert "a listener of breaker failed" in caplog.text
    assert one.heard[-1] == ("success", "closed")
    assert other.heard == []
    assert len(db_breaker.listeners) == 2


def test_opens_after_failures_in_a_row_and_raises_its_error() -> None:
    db_breaker = CircuitBreaker(fail_max=3, reset_timeout=60)
    assert [ended(db_breaker, broken) for _ in range(4)] == [
        "BrokenError",
        "BrokenError",
        "CircuitBreakerError",
        "CircuitOpenError",
    ]
    with pytest.raises(pybreaker.CircuitBreakerError):
        db_breaker.call(fine)


def test_the_original_error_is_thrown_when_asked_for() -> None:
    db_breaker = CircuitBreaker(fail_max=1, throw_new_error_on_trip=False)
    with pytest.raises(BrokenError):
        db_breaker.call(broken)
    assert db_breaker.current_state == pybreaker.STATE_OPEN


def test_excluded_errors_by_type_and_by_callable() -> None:
    db_breaker = CircuitBreaker(
        fail_max=1, exclude=[CustomerValidationError, lambda e: type(e) is HTTPError and e.status_code < 500]
    )
    for error in (CustomerValidationError(), HTTPError(404)):
        with pytest.raises(type(error)), db_breaker.calling():
            raise error
    assert db_breaker.current_state == "closed"
    with pytest.raises(pybreaker.CircuitBreakerError), db_breaker.calling():
        raise HTTPError(503)
    assert db_breaker.current_state == "open"


def test_exclusions_are_added_and_removed() -> None:
    db_breaker = CircuitBreaker()
    db_breaker.add_excluded_exception(CustomerValidationError)
    db_breaker.add_excluded_exceptions(KeyError, ValueError)
    db_breaker.remove_excluded_exception(KeyError)
    assert db_breaker.excluded_exceptions == (CustomerValidationError, ValueError)
    assert [db_breaker.is_system_error(kind()) for kind in (KeyError, ValueError)] == [True, False]


def test_monitoring_and_management_as_documented() -> None:
    db_breaker = CircuitBreaker(success_threshold=2)
    assert (db_breaker.fail_counter, db_breaker.success_counter, db_breaker.fail_max) == (0, 0, 5)
    db_breaker.fail_max = 10
    db_breaker.success_threshold = 3
    db_breaker.reset_timeout = 30
    assert (db_breaker.fail_max, db_breaker.success_threshold, db_breaker.reset_timeout) == (10, 3, 30)
    ended(db_breaker, broken)
    assert db_breaker.fail_counter == 1
    db_breaker.open()
    assert (db_breaker.current_state, db_breaker.state.name) == ("open", pybreaker.STATE_OPEN)
    db_breaker.half_open()
    assert db_breaker.current_state == pybreaker.STATE_HALF_OPEN
    for number in range(3):
        assert db_breaker.success_counter == number
        db_breaker.call(fine)
    assert db_breaker.current_state == pybreaker.STATE_CLOSED
    db_breaker.close()
    assert db_breaker.current_state == pybreaker.STATE_CLOSED


async def test_listeners_hear_of_coroutines_too() -> None:
    async def fetch(number: int) -> int:
        return number

    listener = DBListener()
    assert await CircuitBreaker(listeners=[listener], name="db").call_async(fetch, 3) == 3
    assert listener.heard == [("before", "db", "fetch", (3,), {}), ("success", "closed")]


def test_our_own_breakers_speak_to_such_listeners_too() -> None:
    listener = DBListener()
    breaker = Breaker("assistant", listeners=[listener], clock=Clock())
    with breaker.calling():
        pass
    assert [heard[0] for heard in listener.heard] == ["before", "success"]
