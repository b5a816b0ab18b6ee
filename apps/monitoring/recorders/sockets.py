"""Sockets: how many are open, and how long what happens waits before it is sent over them."""

from apps.chat.statistics import sockets
from apps.monitoring.live.statistics import sockets as watching
from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import distribution, gauge
from apps.monitoring.measuring.mirror import mirrored
from apps.monitoring.policy.recorders import SOCKETS
from apps.monitoring.recorders.recorder import Recorder

OPEN = gauge("websocket_connections", "Open sockets.", "consumer")
LAG = distribution("websocket_send_wait_seconds", "From the queueing of an event for a socket to its sending.",
                   "consumer")  # fmt: skip
CHAT, PERFORMANCE = "chat", "performance"


class SocketRecorder(Recorder[None]):
    """Looks at the chat's counters of sockets, and at those of the performance pages."""

    name = "sockets"
    policy = SOCKETS

    def read(self, board: Board) -> None:
        """Put them on the board."""
        board.put(OPEN, (CHAT,), sockets.open)
        board.put(OPEN, (PERFORMANCE,), watching.open)
        board.mirror(LAG, (CHAT,), mirrored(sockets.waits))
