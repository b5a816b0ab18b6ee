"""What the site is for: messages, and rows of imports."""

from apps.chat.statistics import import_rows, messages
from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import counter
from apps.monitoring.policy.recorders import CHAT
from apps.monitoring.recorders.recorder import Recorder

MESSAGES = counter("chat_messages_total", "Messages sent by people and by the assistant.", "role")
ROWS = counter("import_rows_total", "Rows of imported files: imported, known before, refused.", "result")


class ChatRecorder(Recorder[None]):
    """Looks at the chat's counters."""

    name = "chat"
    policy = CHAT

    def read(self, board: Board) -> None:
        """Put them on the board."""
        for role, times in messages.items():
            board.put(MESSAGES, (str(role),), times)
        for result, times in import_rows.items():
            board.put(ROWS, (result,), times)
