"""The chat as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_delete, pre_delete


class ChatConfig(AppConfig):
    """Conversations, messages, imports and search."""

    name = "apps.chat"
    label = "chat"
    verbose_name = "Chat"

    def ready(self) -> None:
        """Let requests queue their tasks, a worker find what is left over, and a deleted user leave in order."""
        # All of these need the models, which are loaded only now.
        from celery.signals import worker_ready

        from apps.chat import people, signals, tasks
        from apps.chat.imports.claim import leave_no_upload
        from apps.chat.live import witness

        witness.connect()
        pre_delete.connect(people.keep_name_and_ownership, sender="chat.User", dispatch_uid="chat.people")
        post_delete.connect(leave_no_upload, sender="chat.Import", dispatch_uid="chat.leave_no_upload")

        signals.import_requested.connect(tasks.queue_import, dispatch_uid="chat.queue_import")
        signals.conversation_deleted.connect(tasks.queue_purge, dispatch_uid="chat.queue_purge")
        worker_ready.connect(tasks.resume_after_start, dispatch_uid="chat.resume_after_start", weak=False)
