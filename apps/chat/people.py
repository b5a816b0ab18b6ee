"""What happens to a conversation when one of its people is deleted."""

from typing import Any

from apps.chat.models import Message, User
from apps.chat.services.members import leave_everywhere


def keep_name_and_ownership(*, instance: User, **_: Any) -> None:
    """Before a user's row goes: their messages keep the name, their conversations an owner. Receives pre_delete."""
    Message.objects.filter(author=instance).update(author_name=instance.get_username())
    leave_everywhere(user_id=instance.pk)
