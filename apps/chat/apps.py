"""The chat as a Django app."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Conversations, messages, imports and search."""

    name = "apps.chat"
    label = "chat"
    verbose_name = "Chat"
