"""The chat in the Django admin, each list in its own file."""

from apps.chat.admin.conversations import ConversationAdmin
from apps.chat.admin.imports import ImportAdmin
from apps.chat.admin.messages import MessageAdmin
from apps.chat.admin.replies import ReplyAdmin
from apps.chat.admin.usage import AssistantUsageAdmin
from apps.chat.admin.users import GroupAdmin, UserAdmin

__all__ = (
    "AssistantUsageAdmin",
    "ConversationAdmin",
    "GroupAdmin",
    "ImportAdmin",
    "MessageAdmin",
    "ReplyAdmin",
    "UserAdmin",
)
