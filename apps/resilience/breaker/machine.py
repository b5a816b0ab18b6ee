"""The breaker's state machine: gets the time, chance and events; opens no socket, holds no lock, reads no clock.

States and windows follow resilience4j's CircuitBreaker; permits with deadlines and generation stamps are ours.
"""

import math
import time
from collections.abc import Callable

from apps.resilience.adaptive.detector import Detector
from apps.resilience.breaker.permits import Permit, Permits
from apps.resilience.breaker.rejection import Rejection
from apps.resilience.breaker.rules import Judge, Mode, Rules
from apps.resilience.breaker.state import OVERLAYS, State, Transition
from apps.resilience.breaker.verdict import reason_to_open
from apps.resilience.breaker.window import FAILED, Window

Pass = int | Permit  # a closed breaker's pass is its generation: nothing is made for it
TAPE_SECONDS = 3600.0
FREE_MODES = (Mode.DISABLED, Mode.METRICS_ONLY)


def utc_hour() -> int:
    """Return the hour of the day."""
    return int(time.time()) // 3600 % 24


class Machine:
    """Decides who passes and what follows from how it ended.

    Its owner serialises every call. Only `free_pass`, `shut_until` and `rejection` may be read without its lock: each
    is replaced by one assignment.
    """

    def __init__(
        self, name: str, rules: Rules, *, chance: Callable[[], float], hour: Callable[[], int] = utc_hour
    ) -> None:
        self.name, self.rules, self.chance = name, rules, chance
        self.window = Window(calls=rules.window_calls, seconds=rules.window_seconds, slow_after=rules.slow_seconds)
        self.permits = Permits()
        self._hour = hour
        self._detector = Detector(hour) if rules.judge is Judge.ADAPTIVE else None
        self.generation = 1
        self.inner = State.CLOSED
        self.reason = ""
        self.opened_at = self.open_until = 0.0
        self.openings = self.row = self.successes = self.late = 0
        self.would_open = ""  # why a breaker that only measures would have opened
        self.is_led = False  # the fleet decides: permits come from its store
        self.has_demand = False  # a call came for which the fleet must issue a permit
        self.settled: list[tuple[str, bool | None]] = []  # permits of the fleet that came back: good, bad, unused
        self.transitions: list[Transition] = []
        self._drawn = 0.0
        self.free_pass: int | None  # the pass of every call, where nobody is asked
        self.shut_until: float  # until then every call is rejected, by this:
        self.rejection: Rejection
        self._set_doors()

    @property
    def state(self) -> State:
        """What the breaker shows: the overlay, or its own state."""
        return OVERLAYS.get(self.rules.mode, self.inner)

    def admit(self, now: float) -> Pass | None:
        """Return the pass of one call, or None to reject it."""
        if self.free_pass is not None:
            return self.free_pass
        if now < self.shut_until:
            return None
        if self.inner is State.OPEN and not self.is_led:
            self._move(State.HALF_OPEN, "the recovery time is over", now)
        return self._probe(now)

    def record(self, passed: Pass, *, now: float, seconds: float, is_failure: bool) -> None:
        """Note how a call ended; what belongs to an earlier generation is thrown away."""
        if passed != self.free_pass:
            self._record_probe(passed, now=now, seconds=seconds, is_failure=is_failure)
        elif self.rules.mode is not Mode.DISABLED:
            outcome = self.window.add(now=now, seconds=seconds, is_failure=is_failure)
            self.row = self.row + 1 if outcome & FAILED else 0
            if self._detector is not None:
                self._weigh(self._detector, now=now, seconds=seconds, is_failure=is_failure)
            elif (self.window.failures or self.window.slow) and (
                why := reason_to_open(self.rules, self.window, self.row)
            ):
                self._trip(why, now)

    def give_back(self, passed: Pass, *, now: float) -> None:
        """Take back the pass of a call that tells nothing: cancelled, or ended by an excluded error."""
        if isinstance(passed, Permit) and self.permits.settle(passed, now) and self.is_led:
            self.settled.append((passed.number, None))

    def change(self, rules: Rules, *, now: float) -> None:
        """Go by other rules from now on; state and window stay, the window is judged by the new bounds."""
        before, old = self.rules, self.state
        self.rules = rules
        self.window.rebound(
            now=now, calls=rules.window_calls, seconds=rules.window_seconds, slow_after=rules.slow_seconds
        )
        if self.inner is State.OPEN and not self.is_led:
            self.open_until = self.opened_at + rules.pause_seconds(openings=self.openings, chance=self._drawn)
        if rules.judge is not before.judge:
            self._detector = self._learned(now) if rules.judge is Judge.ADAPTIVE else None
        if rules.mode is not before.mode:
            self.would_open = ""
            self._turn(old, f"staff set it to {rules.mode}", now)
        self._set_doors()

    def open(self, reason: str, now: float) -> None:
        """Open, for longer each time no recovery lay between."""
        self.openings += 1
        self._drawn = self.chance()
        self.opened_at = now
        self.open_until = now + self.rules.pause_seconds(openings=self.openings, chance=self._drawn)
        self._move(State.OPEN, reason, now)

    def half_open(self, reason: str, now: float) -> None:
        """Let probes pass."""
        self._move(State.HALF_OPEN, reason, now)

    def close(self, reason: str, now: float) -> None:
        """Let everybody pass, with an empty window."""
        self.is_led = False
        self.openings = self.row = 0
        if self._detector is not None:
            self._detector.clear()
        self.window.clear()
        self._move(State.CLOSED, reason, now)

    def lead(self, state: State, *, remaining_seconds: float, openings: int, reason: str, now: float) -> None:
        """Go where the fleet went: a new decision of its store."""
        if state is State.CLOSED:
            self.close(reason, now)
            return
        self.is_led = True
        self.openings = openings
        self.opened_at, self.open_until = now, now + remaining_seconds
        if state is not self.inner or state is State.OPEN:
            self._move(state, reason, now)

    def grant(self, number: str, *, deadline: float, now: float) -> None:
        """Take a permit that the fleet's store issued to this process."""
        if self.inner is not State.HALF_OPEN:
            self._move(State.HALF_OPEN, "the recovery time is over", now)
        self.permits.issue(generation=self.generation, now=now, deadline=deadline, number=number)

    def give_up_unspent(self, *, before: float) -> None:
        """Let other processes have the fleet's permits that nobody here took since then."""
        if self.is_led:
            self.settled += [(number, None) for number in self.permits.unspent(before=before)]

    def leave(self) -> None:
        """Go on alone: the fleet's store does not answer. What it issued stays good until its deadline."""
        self.is_led = self.has_demand = False

    def _probe(self, now: float) -> Permit | None:
        self.permits.reclaim(now)
        if not self.is_led and self._due():
            self.permits.issue(generation=self.generation, now=now, deadline=now + self.rules.probe_seconds)
        permit = self.permits.take(now)
        self.has_demand = self.is_led and permit is None
        return permit

    def _due(self) -> bool:
        """Whether one more probe may go out: no more at a time than the rules say, nor than still needed.

        One is needed in any case: staff may ask for fewer successes than there were already.
        """
        needed = max(1, self.rules.successes_to_close - self.successes)
        return self.permits.out + self.permits.waiting < min(self.rules.probes, needed)

    def _record_probe(self, passed: Pass, *, now: float, seconds: float, is_failure: bool) -> None:
        if not (isinstance(passed, Permit) and self.permits.settle(passed, now)):
            self.late += 1
            return
        is_bad = is_failure or (self.rules.slow_rate > 0 and seconds >= self.rules.slow_seconds)
        self.window.add(now=now, seconds=seconds, is_failure=is_failure)
        if self.is_led:
            self.settled.append((passed.number, not is_bad))
        if is_bad:
            self.open("a probe failed" if is_failure else "a probe was slow", now)
            return
        self.successes += 1
        if not self.is_led and self.successes >= self.rules.successes_to_close:
            self.close("the probes succeeded", now)

    def _weigh(self, detector: Detector, *, now: float, seconds: float, is_failure: bool) -> None:
        """Judge by what was learned; by the thresholds until enough was."""
        why = detector.add(seconds, is_failure=is_failure)
        if why is None:
            why = reason_to_open(self.rules, self.window, self.row)
        if why:
            self._trip(why, now)

    def _learned(self, now: float) -> Detector:
        """Return a detector that knows what the tape holds."""
        made = Detector(self._hour)
        for _, seconds, is_failure in self.window.tape(since=now - TAPE_SECONDS):
            made.add(seconds, is_failure=is_failure)
        made.clear()
        return made

    def _trip(self, reason: str, now: float) -> None:
        if self.rules.mode is Mode.METRICS_ONLY:
            self.would_open = reason
        else:
            self.open(reason, now)

    def _move(self, state: State, reason: str, now: float) -> None:
        old, self.inner = self.state, state
        self.successes = 0
        self._turn(old, reason, now)

    def _turn(self, old: State, reason: str, now: float) -> None:
        self.generation += 1
        self.permits.clear()
        self.reason, self.has_demand = reason, False
        self._set_doors()
        if self.state is not old:
            self.transitions.append(Transition(old=old, new=self.state, reason=reason, at=now))

    def _set_doors(self) -> None:
        mode = self.rules.mode
        is_free = mode in FREE_MODES or (mode is Mode.AUTOMATIC and self.inner is State.CLOSED)
        self.rejection = Rejection(name=self.name, state=self.state, reason=self.reason, until=self.open_until)
        self.shut_until = self._shut_until(mode)
        self.free_pass = self.generation if is_free else None

    def _shut_until(self, mode: Mode) -> float:
        if mode is Mode.FORCED_OPEN:
            return math.inf
        return self.open_until if mode is Mode.AUTOMATIC and self.inner is State.OPEN else 0.0
