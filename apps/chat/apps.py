"""The chat as a Django app."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Conversations, messages, imports and search."""

    name = "apps.chat"
    label = "chat"
    verbose_name = "Chat"

    def ready(self) -> None:
        """Let requests queue their tasks, and a worker that starts find what is left over."""
        # The tasks need the models, which are loaded only now.
        from celery.signals import worker_ready

        from apps.chat import signals, tasks
        from apps.chat.live import witness

        witness.connect()

        signals.import_requested.connect(tasks.queue_import, dispatch_uid="chat.queue_import")
        signals.conversation_deleted.connect(tasks.queue_purge, dispatch_uid="chat.queue_purge")
        worker_ready.connect(tasks.resume_after_start, dispatch_uid="chat.resume_after_start", weak=False)
