"""Redis, as its clients in this process see it."""

from apps.backplane.connections import BATCH, commands
from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import distribution
from apps.monitoring.measuring.mirror import mirrored
from apps.monitoring.policy.recorders import REDIS
from apps.monitoring.recorders.recorder import Recorder

DURATION = distribution(
    "redis_operation_duration_seconds",
    f"Commands to Redis by name, from the wish to the answer or the error; {BATCH}: several sent as one.",
    "operation",
    bounds=(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0),
)


class RedisRecorder(Recorder[None]):
    """Looks at what the clients timed."""

    name = "redis"
    policy = REDIS

    def read(self, board: Board) -> None:
        """Put the commands on the board."""
        board.histogram(DURATION, (BATCH,))
        for command, durations in dict(commands).items():
            if not self.rules.is_ignored(command):
                board.mirror(DURATION, (command.lower(),), mirrored(durations))
