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
        from django.contrib import admin
        from django.contrib.auth.signals import user_login_failed

        from apps.chat import people, signals, tasks
        from apps.chat.imports.claim import leave_no_upload
        from apps.chat.live import witness
        from apps.chat.views import signing_in

        witness.connect()
        user_login_failed.connect(signing_in.count_failure, dispatch_uid="chat.sign_in_failed")
        admin.site.login = signing_in.limited(admin.site.login)  # type: ignore[method-assign]  # its way in, too
        pre_delete.connect(people.keep_name_and_ownership, sender="chat.User", dispatch_uid="chat.people")
        post_delete.connect(leave_no_upload, sender="chat.Import", dispatch_uid="chat.leave_no_upload")

        signals.import_requested.connect(tasks.queue_import, dispatch_uid="chat.queue_import")
        signals.conversation_deleted.connect(tasks.queue_purge, dispatch_uid="chat.queue_purge")
        worker_ready.connect(tasks.resume_after_start, dispatch_uid="chat.resume_after_start", weak=False)
