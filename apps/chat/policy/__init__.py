"""What staff may turn in the chat while it runs; each policy in its own file. Read as `chat.current.page_size`."""

from apps.chat.policy.accounts import ACCOUNTS
from apps.chat.policy.budget import BudgetPolicy, budget
from apps.chat.policy.caches import ANSWERS, HISTORY, PAGES, READABLE, READERS
from apps.chat.policy.conversations import ChatPolicy, chat
from apps.chat.policy.rates import LimitsPolicy, limits
from apps.chat.policy.replies import AssistantPolicy, assistant
from apps.chat.policy.sharing import REPLIES
from apps.chat.policy.sockets import LivePolicy, live

__all__ = (
    "ACCOUNTS",
    "ANSWERS",
    "HISTORY",
    "PAGES",
    "READABLE",
    "READERS",
    "REPLIES",
    "AssistantPolicy",
    "BudgetPolicy",
    "ChatPolicy",
    "LimitsPolicy",
    "LivePolicy",
    "assistant",
    "budget",
    "chat",
    "limits",
    "live",
)
