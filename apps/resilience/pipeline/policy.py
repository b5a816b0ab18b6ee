"""The knobs of one dependency's pipeline, and what they come to."""

import math
from datetime import UTC, datetime

from django.conf import settings

from apps.resilience.breaker.rules import Judge, Mode, Rules
from apps.resilience.bulkhead.gradient import Bounds
from apps.resilience.chaos import Fault, Faults
from apps.resilience.retry.budget import Budget
from apps.resilience.retry.retry import Patience
from apps.tuning.declaration import Policy, policy
from apps.tuning.exceptions import PolicyError
from apps.tuning.knob import knob

NEXT, AT_ONCE = "From the next call.", "At once; the window and the state stay."
TIME, RATE, BULKHEAD, RETRY = "1 Time", "2 Rate", "3 Bulkhead", "4 Retry"
OPENING, RECOVERY, ORDERS, CHAOS = "5 Breaker: opening", "6 Breaker: recovery", "7 Breaker: orders", "8 Chaos"
MOMENT = "%Y-%m-%d %H:%M"


@policy
class PipelinePolicy(Policy):
    """How calls to one dependency are bounded, repeated, cut off and let through again."""

    deadline_seconds: float = knob(
        30.0, unit="seconds", minimum=0, maximum=3600, group=TIME, effect=NEXT,
        help="The whole of a call: waiting, attempts and the pauses between them. 0: no bound of its own.",
    )  # fmt: skip
    attempt_seconds: float = knob(
        10.0, unit="seconds", minimum=0, maximum=3600, group=TIME, effect=NEXT,
        help="One attempt; of a stream, its first piece. 0: no bound of its own.",
    )  # fmt: skip
    idle_seconds: float = knob(
        20.0, unit="seconds", minimum=0.1, maximum=3600, group=TIME, effect="From the next stream.",
        help="How long a stream may pause between two pieces.",
    )  # fmt: skip
    calls_per_second: float = knob(
        0.0, unit="calls per second", minimum=0, maximum=1_000_000, group=RATE, effect=NEXT,
        help="How many calls each process may make in the long run. 0: any number.",
    )  # fmt: skip
    burst_calls: int = knob(
        50, unit="calls", minimum=1, maximum=1_000_000, group=RATE, effect=NEXT,
        help="How many may come at once before the rate counts.",
    )  # fmt: skip
    has_bulkhead: bool = knob(
        default=True, group=BULKHEAD, effect=NEXT, help="Whether calls under way are bounded at all."
    )
    places_at_start: int = knob(
        20, unit="calls", minimum=1, maximum=10_000, group=BULKHEAD, effect="When a process starts.",
        help="How many calls of a process may be under way before anything is learned.",
    )  # fmt: skip
    places_least: int = knob(
        4, unit="calls", minimum=1, maximum=10_000, group=BULKHEAD, effect=NEXT,
        help="How far the bound may fall while the dependency is slower than usual.",
    )  # fmt: skip
    places_most: int = knob(
        200, unit="calls", minimum=1, maximum=10_000, group=BULKHEAD, effect=NEXT,
        help="How far the bound may rise. The same as the least: a fixed bound.",
    )  # fmt: skip
    queue_calls: int = knob(
        20, unit="calls", minimum=0, maximum=10_000, group=BULKHEAD, effect=NEXT,
        help="How many calls may wait for a place; more are rejected at once.",
    )  # fmt: skip
    queue_seconds: float = knob(
        1.0, unit="seconds", minimum=0.001, maximum=600, group=BULKHEAD, effect=NEXT,
        help="How long a call may wait for a place.",
    )  # fmt: skip
    attempts: int = knob(
        3, unit="attempts", minimum=1, maximum=10, group=RETRY, effect=NEXT,
        help="How often what may be repeated is tried in all. 1: never again.",
    )  # fmt: skip
    first_pause_seconds: float = knob(
        0.1, unit="seconds", minimum=0, maximum=60, group=RETRY, effect=NEXT,
        help="The longest pause before the second attempt; it doubles with each, and each is drawn by chance.",
    )  # fmt: skip
    longest_pause_seconds: float = knob(
        5.0, unit="seconds", minimum=0, maximum=600, group=RETRY, effect=NEXT,
        help="How far the pause may double. What the other side asks for by Retry-After is always waited.",
    )  # fmt: skip
    retry_percent: float = knob(
        20.0, unit="%", minimum=0, maximum=100, group=RETRY, effect=NEXT,
        help="How many retries the last ten seconds bear, as a share of their calls. Three are always borne.",
    )  # fmt: skip
    hedge_seconds: float = knob(
        0.0, unit="seconds", minimum=0, maximum=60, group=RETRY, effect=NEXT,
        help="After how long a read that has no answer is asked a second time beside. 0: never.",
    )  # fmt: skip
    judge: Judge = knob(
        Judge.CLASSIC, group=OPENING, effect="At once. What the last hour showed is learned first.",
        help="Classic opens by the thresholds here, adaptive by what is unusual for this dependency at this hour.",
    )  # fmt: skip
    window_calls: int = knob(
        100, unit="calls", minimum=1, maximum=16_384, group=OPENING, effect=AT_ONCE,
        help="How many of the latest calls are judged, where the window goes by count.",
    )  # fmt: skip
    window_seconds: float = knob(
        0.0, unit="seconds", minimum=0, maximum=3600, group=OPENING, effect=AT_ONCE,
        help="How far back calls are judged, where the window goes by time. 0: by count.",
    )  # fmt: skip
    minimum_calls: int = knob(
        10, unit="calls", minimum=1, maximum=16_384, group=OPENING, effect=AT_ONCE,
        help="How many calls there must be before their rates mean anything.",
    )  # fmt: skip
    failure_percent: float = knob(
        50.0, unit="%", minimum=0, maximum=100, group=OPENING, effect=AT_ONCE,
        help="The share of failed calls that opens it. 0: never by their share.",
    )  # fmt: skip
    slow_seconds: float = knob(
        5.0, unit="seconds", minimum=0.001, maximum=3600, group=OPENING, effect=AT_ONCE,
        help="From how long on a call counts as slow; of a stream, its first piece.",
    )  # fmt: skip
    slow_percent: float = knob(
        80.0, unit="%", minimum=0, maximum=100, group=OPENING, effect=AT_ONCE,
        help="The share of slow calls that opens it. 0: never by their share.",
    )  # fmt: skip
    failures_in_a_row: int = knob(
        5, unit="calls", minimum=0, maximum=10_000, group=OPENING, effect=AT_ONCE,
        help="How many failures without a success between them open it. 0: never by their row.",
    )  # fmt: skip
    is_cut_a_failure: bool = knob(
        default=True, group=OPENING, effect="From the next stream.",
        help="Whether a stream that ends before it is complete counts as a failure.",
    )  # fmt: skip
    recovery_seconds: float = knob(
        60.0, unit="seconds", minimum=0.05, maximum=3600, group=RECOVERY, effect=AT_ONCE,
        help="How long it stays open before a probe is let through.",
    )  # fmt: skip
    recovery_growth: float = knob(
        2.0, minimum=1, maximum=10, group=RECOVERY, effect=AT_ONCE,
        help="By what that time is multiplied each time a probe fails.",
    )  # fmt: skip
    recovery_limit_seconds: float = knob(
        600.0, unit="seconds", minimum=0.05, maximum=86_400, group=RECOVERY, effect=AT_ONCE,
        help="How far that time may grow.",
    )  # fmt: skip
    recovery_jitter_percent: float = knob(
        10.0, unit="%", minimum=0, maximum=100, group=RECOVERY, effect=AT_ONCE,
        help="By how much, at most, chance makes that time longer.",
    )  # fmt: skip
    probes: int = knob(
        1, unit="calls", minimum=1, maximum=1_000, group=RECOVERY, effect=AT_ONCE,
        help="How many probes may be under way at once, in all processes together.",
    )  # fmt: skip
    probe_seconds: float = knob(
        60.0, unit="seconds", minimum=0.1, maximum=3600, group=RECOVERY, effect=AT_ONCE,
        help="After how long a probe that did not come back is replaced.",
    )  # fmt: skip
    successes_to_close: int = knob(
        1, unit="calls", minimum=1, maximum=1_000, group=RECOVERY, effect=AT_ONCE,
        help="How many probes must succeed before it closes.",
    )  # fmt: skip
    mode: Mode = knob(
        Mode.AUTOMATIC, group=ORDERS, effect="At once, in every process.",
        help="Forced open rejects all calls, disabled judges none, metrics-only judges without ever opening.",
    )  # fmt: skip
    resets: int = knob(
        0, minimum=0, maximum=1_000_000_000, group=ORDERS, effect="At once, in every process.",
        help="Counted up by close and reset: each rise closes the breaker and empties its window.",
    )  # fmt: skip
    fault: Fault = knob(
        Fault.OFF,
        group=CHAOS,
        effect=NEXT,
        help="What is done to calls on purpose. Refused unless CHAOS_ENABLED.",
    )
    fault_percent: float = knob(
        100.0, unit="%", minimum=0, maximum=100, group=CHAOS, effect=NEXT, help="To which share of calls."
    )
    fault_seconds: float = knob(
        1.0, unit="seconds", minimum=0, maximum=600, group=CHAOS, effect=NEXT, help="How much latency is added."
    )
    fault_until: str = knob(
        "", maximum=16, group=CHAOS, effect=NEXT, help="When it ends by itself, in UTC, such as 2026-01-31 15:45."
    )
    fault_user: str = knob(
        "", maximum=150, group=CHAOS, effect=NEXT, help="To whose calls, by user name. Empty: everybody's."
    )

    def check(self) -> None:
        """Bounds include what they bound; faults are allowed, and end."""
        self._check_bounds()
        if self.fault is not Fault.OFF:
            if not settings.CHAOS_ENABLED:
                raise PolicyError("fault", "is refused: CHAOS_ENABLED is off for this site.")
            if not self.fault_until:
                raise PolicyError("fault_until", "says when the faults end; they never go on for ever.")
        self.faults()

    def _check_bounds(self) -> None:
        if not self.places_least <= self.places_at_start <= self.places_most:
            raise PolicyError("places_at_start", "must lie between places_least and places_most.")
        if self.deadline_seconds and self.attempt_seconds > self.deadline_seconds:
            raise PolicyError("attempt_seconds", f"must not exceed deadline_seconds, which is {self.deadline_seconds}.")
        if self.recovery_limit_seconds < self.recovery_seconds:
            raise PolicyError("recovery_limit_seconds", f"must be recovery_seconds ({self.recovery_seconds}) or more.")
        if not self.window_seconds and self.minimum_calls > self.window_calls:
            raise PolicyError("minimum_calls", f"must not exceed window_calls, which is {self.window_calls}.")

    def rules(self) -> Rules:
        """Return what the breaker goes by."""
        return Rules(
            mode=self.mode,
            judge=self.judge,
            window_calls=self.window_calls,
            window_seconds=self.window_seconds,
            minimum_calls=self.minimum_calls,
            failure_rate=self.failure_percent / 100,
            slow_seconds=self.slow_seconds,
            slow_rate=self.slow_percent / 100,
            failures_in_a_row=self.failures_in_a_row,
            recovery_seconds=self.recovery_seconds,
            recovery_jitter=self.recovery_jitter_percent / 100,
            recovery_growth=self.recovery_growth,
            recovery_limit_seconds=self.recovery_limit_seconds,
            probes=self.probes,
            probe_seconds=self.probe_seconds,
            successes_to_close=self.successes_to_close,
        )

    def bounds(self) -> Bounds:
        """Return what the bulkhead goes by."""
        return Bounds(initial=self.places_at_start, minimum=self.places_least, maximum=self.places_most)

    def patience(self) -> Patience:
        """Return how often is tried, and after which pauses."""
        return Patience(
            attempts=self.attempts,
            first_seconds=self.first_pause_seconds,
            limit_seconds=self.longest_pause_seconds,
        )

    def budget(self) -> Budget:
        """Return what the retries go by."""
        return Budget(share=self.retry_percent / 100)

    def faults(self) -> Faults:
        """Return what is done on purpose; raise PolicyError for a moment that is none."""
        until = 0.0
        if self.fault_until:
            try:
                until = datetime.strptime(self.fault_until, MOMENT).replace(tzinfo=UTC).timestamp()
            except ValueError:
                raise PolicyError("fault_until", "is no moment such as 2026-01-31 15:45.") from None
        return Faults(
            fault=self.fault,
            share=self.fault_percent / 100,
            seconds=self.fault_seconds,
            until=until,
            user=self.fault_user,
        )

    def limit_seconds(self) -> tuple[float, float]:
        """Return the bounds of the whole and of an attempt; infinite where there is none."""
        return self.deadline_seconds or math.inf, self.attempt_seconds or math.inf
