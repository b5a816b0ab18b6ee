"""The policy of traces: which are kept, and for how long."""

from apps.monitoring.policy.recorder import RecorderPolicy
from apps.tuning.declaration import policy
from apps.tuning.exceptions import PolicyError
from apps.tuning.knob import knob
from apps.tuning.registry import declare

AT_ONCE = "At once, in every process, for what begins from now on."


@policy
class TracesPolicy(RecorderPolicy):
    """What is kept of requests, tasks, socket messages and replies: some by chance, the slow and the failed."""

    sample_percent: float = knob(
        1.0, unit="%", minimum=0, maximum=100, effect=AT_ONCE,
        help="How many traces are kept by chance. All processes choose the same ones, by the trace's id.",
    )  # fmt: skip
    routes: str = knob(
        "", minimum=0, maximum=1_000, effect=AT_ONCE,
        help="Other shares for paths, by their beginnings: /api/=10 /admin/=100. The first that fits counts.",
    )  # fmt: skip
    slow_seconds: float = knob(
        1.0, unit="seconds", minimum=0.001, maximum=600, effect=AT_ONCE,
        help="From when on a trace is kept because it is slow.",
    )  # fmt: skip
    is_failure_kept: bool = knob(
        default=True, effect=AT_ONCE, help="Whether what failed (5xx, an error) is kept whatever chance says."
    )
    kept_per_second: int = knob(
        20, unit="traces", minimum=1, maximum=10_000, effect=AT_ONCE,
        help="How many each process keeps in one second, half of them by chance at most; more are dropped and counted.",
    )  # fmt: skip
    retention_hours: int = knob(
        72, unit="hours", minimum=1, maximum=2_160, effect="Within ten minutes.",
        help="How long kept traces stay in the database.",
    )  # fmt: skip
    ignore: str = knob(
        "/static/ /metrics /livez /readyz", minimum=0, maximum=1_000, effect=AT_ONCE,
        help="Paths that are never kept, by their beginnings, with spaces between.",
    )  # fmt: skip

    def check(self) -> None:
        """Raise PolicyError where the shares of routes cannot be read."""
        self.shares()

    def shares(self) -> tuple[tuple[str, float], ...]:
        """Return the beginnings of paths with their percentages, in order; raise PolicyError."""
        return tuple(_share(word) for word in self.routes.split())


def _share(word: str) -> tuple[str, float]:
    beginning, _, percent = word.rpartition("=")
    try:
        share = float(percent)
    except ValueError:
        share = -1.0
    if not beginning.startswith("/") or not 0 <= share <= 100:  # noqa: PLR2004  (per cent)
        raise PolicyError("routes", f"{word!r} is not a path with a percentage, as /api/=10.")
    return beginning, share


TRACES = declare(TracesPolicy, name="monitor_traces", title="Monitoring: traces")
