"""The breaker: owns the lock, the clock and the listeners around the machine. User code runs outside the lock."""

import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import wraps
from inspect import iscoroutinefunction
from threading import Lock
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from apps.backplane.durations import Durations
from apps.resilience.breaker.judgement import Exclusion, Judgement, Predicate
from apps.resilience.breaker.machine import Machine, Pass
from apps.resilience.breaker.rules import Rules
from apps.resilience.breaker.state import Transition
from apps.resilience.breaker.view import View, view_of
from apps.resilience.breaker.vocabulary import Vocabulary
from apps.resilience.exceptions import CircuitOpenError
from apps.resilience.signals import breaker_changed

if TYPE_CHECKING:
    from pybreaker import CircuitBreakerListener

logger = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")
DEFAULTS = Rules()


class Breaker(Vocabulary):
    """Calls what it protects, or rejects the call. Thread-safe; for sync and async callers alike."""

    def __init__(
        self,
        name: str,
        rules: Rules = DEFAULTS,
        *,
        exclude: Iterable[Exclusion] = (),
        is_bad_result: Predicate | None = None,
        listeners: "Iterable[CircuitBreakerListener]" = (),
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.name, self._clock = name, clock
        self._machine = Machine(name, rules, chance=chance)
        self._judgement = Judgement(exclusions=exclude, is_bad_result=is_bad_result)
        self._listeners = tuple(listeners)
        self._lock = Lock()
        self.successes = self.failures = self.slow = self.rejected = self.ignored = 0  # since the start
        self.good_durations, self.bad_durations = Durations(), Durations()  # of calls that counted
        self.on_event: Callable[[], None] | None = None  # whoever shares the state is woken by it; must not block

    def call(self, func: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what the function returns; raise CircuitOpenError without calling it, or what it raises."""
        passed: Pass | None = self._machine.free_pass
        if passed is None:
            passed = self.admit()
        if self._listeners:
            self._tell("before_call", func, *args, **kwargs)
        clock = self._clock
        begin = clock()
        try:
            result = func(*args, **kwargs)
        except BaseException as error:  # raised again: it is judged first
            self.failed(passed, error, clock() - begin)
            raise
        self.ended(passed, result, clock() - begin)
        return result

    async def call_async(self, func: Callable[P, Awaitable[R]], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what the coroutine returns; as `call` otherwise."""
        passed: Pass | None = self._machine.free_pass
        if passed is None:
            passed = self.admit()
        if self._listeners:
            self._tell("before_call", func, *args, **kwargs)
        clock = self._clock
        begin = clock()
        try:
            result = await func(*args, **kwargs)
        except BaseException as error:  # raised again: it is judged first
            self.failed(passed, error, clock() - begin)
            raise
        self.ended(passed, result, clock() - begin)
        return result

    def calling(self) -> "Call":
        """Return a context for a block of code, sync or async, or for a stream."""
        return Call(self)

    def __call__(self, *functions: Callable[P, Any], **_: Any) -> Any:
        """Decorate a function or a coroutine function; `@breaker` and `@breaker()` alike."""
        return self._decorated(functions[0]) if functions else self._decorated

    def admit(self) -> Pass:
        """Return the pass of one call; raise CircuitOpenError. Every pass goes back by ended, failed or give_back."""
        machine = self._machine
        if self._clock() < machine.shut_until:
            with self._lock:
                self.rejected += 1
            raise CircuitOpenError(machine.rejection, self._clock)
        return self._asked()

    def ended(self, passed: Pass, result: object, seconds: float) -> None:
        """Note a call that returned."""
        is_bad = self._judgement.is_bad_result
        self.note(passed, seconds, is_failure=is_bad is not None and is_bad(result))

    def note(self, passed: Pass, seconds: float, *, is_failure: bool, error: Exception | None = None) -> None:
        """Note how a call ended, by the caller's own judgement."""
        machine = self._machine
        with self._lock:
            machine.record(passed, now=self._clock(), seconds=seconds, is_failure=is_failure)
            if is_failure:
                self.failures += 1
                self.bad_durations.note(seconds)
            else:
                self.successes += 1
                self.good_durations.note(seconds)
            if seconds >= machine.rules.slow_seconds:
                self.slow += 1
        if machine.transitions or machine.settled:
            self._announce()
        if self._listeners:
            self._tell(*(("failure", error) if is_failure else ("success",)))

    def failed(self, passed: Pass, error: BaseException, seconds: float) -> None:
        """Note a call that raised; what the judgement excludes, and cancellation, counts as nothing."""
        if self._judgement.is_failure(error):
            self.note(passed, seconds, is_failure=True, error=error if isinstance(error, Exception) else None)
        else:
            self.give_back(passed)

    def give_back(self, passed: Pass) -> None:
        """Return the pass of a call that tells nothing."""
        with self._lock:
            self._machine.give_back(passed, now=self._clock())
            self.ignored += 1
        if self._machine.settled:
            self._announce()

    def change(self, rules: Rules) -> None:
        """Go by other rules at once; window and state stay."""
        with self._lock:
            self._machine.change(rules, now=self._clock())
        self._announce()

    def open(self) -> None:
        """Open by hand; it recovers as after failures."""
        self.drive(lambda machine, now: machine.open("opened by hand", now))

    def half_open(self) -> None:
        """Let probes pass."""
        self.drive(lambda machine, now: machine.half_open("half-opened by hand", now))

    def close(self) -> None:
        """Let everybody pass, with an empty window."""
        self.drive(lambda machine, now: machine.close("closed by hand", now))

    def drive(self, work: Callable[[Machine, float], R]) -> R:
        """Run a short piece of bookkeeping on the machine under the lock, then tell what came of it."""
        with self._lock:
            answer = work(self._machine, self._clock())
        self._announce()
        return answer

    def view(self) -> View:
        """Return what staff see of it now."""
        with self._lock:
            return view_of(self, self._machine, self._clock())

    def _asked(self) -> Pass:
        machine = self._machine
        with self._lock:
            passed = machine.admit(self._clock())
            self.rejected += passed is None
        if machine.transitions or machine.has_demand:
            self._announce()
        if passed is None:
            raise CircuitOpenError(machine.rejection, self._clock)
        return passed

    def _announce(self) -> None:
        """Tell listeners and watchers of transitions, outside the lock; wake who shares the state."""
        with self._lock:
            transitions, self._machine.transitions = self._machine.transitions, []
        for transition in transitions:
            self._changed(transition)
        if self.on_event is not None and (transitions or self._machine.has_demand or self._machine.settled):
            self.on_event()

    def _changed(self, transition: Transition) -> None:
        logger.warning("%s: %s, was %s (%s)", self.name, transition.new, transition.old, transition.reason)
        self._tell("state_change", self.shown(transition.old), self.shown(transition.new))
        breaker_changed.send_robust(Breaker, name=self.name, transition=transition)

    def _tell(self, event: str, *args: object, **kwargs: object) -> None:
        for listener in self._listeners:
            try:
                getattr(listener, event)(self, *args, **kwargs)
            except Exception:  # who watches must not fail the call; it is logged with its trace
                logger.exception("a listener of %s failed", self.name)

    def _decorated(self, func: Callable[P, Any]) -> Callable[P, Any]:
        if iscoroutinefunction(func):

            @wraps(func)
            async def called_async(*args: P.args, **kwargs: P.kwargs) -> Any:
                return await self.call_async(func, *args, **kwargs)

            return called_async

        @wraps(func)
        def called(*args: P.args, **kwargs: P.kwargs) -> Any:
            return self.call(func, *args, **kwargs)

        return called


class Call:
    """One call as a block: `with breaker.calling() as call`. Streams say when the first piece came, and if it broke."""

    __slots__ = ("_answered", "_begin", "_breaker", "_is_broken", "_passed")

    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker
        self._passed: Pass = 0
        self._begin = 0.0
        self._answered: float | None = None
        self._is_broken = False

    def __enter__(self) -> Self:
        self._passed = self._breaker.admit()
        self._breaker._tell("before_call", self.__enter__)
        self._begin = self._breaker._clock()
        return self

    def answered(self) -> None:
        """Take the time until now as the call's: a stream is slow by its first piece, not by its length."""
        self._answered = self._answered or self._breaker._clock() - self._begin

    def broken(self) -> None:
        """Count the call as a failure though the block ends well: a stream was cut short."""
        self._is_broken = True

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        seconds = self._answered or self._breaker._clock() - self._begin
        if error is not None:
            self._breaker.failed(self._passed, error, seconds)
        else:
            self._breaker.note(self._passed, seconds, is_failure=self._is_broken)
