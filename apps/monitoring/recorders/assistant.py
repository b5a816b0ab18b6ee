"""The assistant: how soon it begins to speak, what became of its replies, and what they cost."""

from apps.chat.statistics import replies
from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import counter, distribution
from apps.monitoring.measuring.mirror import mirrored
from apps.monitoring.policy.recorders import ASSISTANT
from apps.monitoring.recorders.recorder import Recorder

FIRST_TOKEN = distribution("assistant_first_token_seconds", "From the question to the first words of the answer.")
REPLIES = counter("assistant_replies_total", "Replies by how they ended.", "outcome")
TOKENS = counter("assistant_tokens_total", "Tokens of stored replies, of the prompt and of the reply.", "kind")
COST = counter("assistant_cost_total", "What stored replies cost, in the currency of the prices that staff set.")
MICROS = 1_000_000


class AssistantRecorder(Recorder[None]):
    """Looks at the chat's counters of replies."""

    name = "assistant"
    policy = ASSISTANT

    def read(self, board: Board) -> None:
        """Put them on the board."""
        board.mirror(FIRST_TOKEN, (), mirrored(replies.first_token))
        for outcome, times in replies.outcomes.items():
            board.put(REPLIES, (str(outcome),), times)
        for kind, number in replies.tokens.items():
            board.put(TOKENS, (kind,), number)
        board.put(COST, (), replies.cost_micros / MICROS)
