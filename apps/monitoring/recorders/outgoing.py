"""Calls to what is outside, each attempt by itself: how long it took and how it ended."""

from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import distribution
from apps.monitoring.measuring.mirror import mirrored
from apps.monitoring.policy.recorders import OUTGOING
from apps.monitoring.recorders.dependencies import breakers
from apps.monitoring.recorders.recorder import Recorder

DURATION = distribution(
    "outgoing_call_duration_seconds",
    "One attempt at a call through a pipeline, of a stream until its first piece, by whether it went well.",
    "name", "outcome",
)  # fmt: skip


class OutgoingRecorder(Recorder[None]):
    """Looks at what the breakers timed: every attempt passes one."""

    name = "outgoing"
    policy = OUTGOING

    def read(self, board: Board) -> None:
        """Put the attempts on the board."""
        for breaker in breakers():
            if not self.rules.is_ignored(breaker.name):
                board.mirror(DURATION, (breaker.name, "success"), mirrored(breaker.good_durations))
                board.mirror(DURATION, (breaker.name, "failure"), mirrored(breaker.bad_durations))
