"""The chat as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import pre_delete


class ChatConfig(AppConfig):
    """Conversations, messages, imports and search."""

    name = "apps.chat"
    label = "chat"
    verbose_name = "Chat"

    def ready(self) -> None:
        """Connect what must happen when others' rows change."""
        from apps.chat.people import keep_name_and_ownership  # models exist only now

        pre_delete.connect(keep_name_and_ownership, sender="chat.User", dispatch_uid="chat.people")
