"""Work beside the requests: imports run, deleted conversations purged. Whatever is left over is found again."""

import logging
from datetime import timedelta
from typing import Any

from celery import Task, shared_task
from celery.worker import state as worker_state
from django.conf import settings
from django.db import OperationalError, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from apps.chat.imports.claim import LEASE, remove_upload
from apps.chat.imports.leftovers import remove_leftovers
from apps.chat.imports.pace import Courteous, Stoppable, Unhindered
from apps.chat.invalidation import conversation_ends, conversations_change
from apps.chat.models import Conversation, Import, Message
from apps.chat.services.imports import Ended, run_import
from apps.resilience.exceptions import ResilienceError
from apps.resilience.pipeline import pipeline

logger = logging.getLogger(__name__)
PURGE_BATCH_MESSAGES = 500


class Outbox:
    """Hands tasks to the broker. With the broker down work waits in the database, and the log says so once."""

    def __init__(self) -> None:
        self.is_behind = False

    def put(self, task: "Task[..., None]", *arguments: int, delay: timedelta = timedelta()) -> bool:
        """Queue a task and return whether the broker took it. Does not retry: this is in the request's path.

        Blocks for the broker's connection at most; while its breaker is open, not at all.
        """
        try:
            pipeline("broker").call(task.apply_async, arguments, countdown=delay.total_seconds(), retry=False)
        except (BrokerError, ResilienceError, OSError) as error:
            if not self.is_behind:
                logger.warning("the task broker is unreachable (%s): imports and purges wait until it is back", error)
            self.is_behind = True
            return False
        return True


outbox = Outbox()


@shared_task(name="chat.import_file")
def import_file(import_id: int) -> None:
    """Run an import; look again after the lease when another runner has it or the database failed."""
    pace = Courteous() if settings.CELERY_IN_PROCESS else Unhindered()
    try:
        ended = run_import(import_id=import_id, pace=Stoppable(pace, is_stopping=is_stopping))
    except OperationalError as error:
        logger.warning("import %s is put off: %s", import_id, error)
        ended = Ended.BUSY
    if ended is Ended.BUSY:
        outbox.put(import_file, import_id, delay=LEASE)
    elif ended is Ended.STOPPED:
        outbox.put(import_file, import_id)


@shared_task(name="chat.purge_conversations")
def purge_conversations() -> None:
    """Remove the messages of deleted conversations, and the conversations, in short transactions."""
    for conversation in Conversation.objects.exclude(deleted_at=None).order_by("pk"):
        while not is_stopping() and _purge_messages(conversation.pk):
            pass
        if is_stopping():
            return
        with transaction.atomic():
            conversation_ends(conversation.pk, ())
            conversation.delete()


def queue_import(*, import_id: int, **_: Any) -> None:
    """Queue a requested import; when the broker is back after an absence, whatever waits as well."""
    if outbox.put(import_file, import_id) and outbox.is_behind:
        resume_unfinished()


def queue_purge(**_: Any) -> None:
    """Queue the purge of what was deleted."""
    outbox.put(purge_conversations)


def resume_unfinished(**_: Any) -> None:
    """Queue every import and purge that is left over: from before a restart, or from while the broker was away."""
    outbox.is_behind = False
    now = timezone.now()
    for row in Import.objects.filter(finished_at=None).order_by("pk"):
        is_running = row.state == Import.State.RUNNING and row.heartbeat_at is not None
        silence = now - row.heartbeat_at if is_running and row.heartbeat_at else LEASE
        outbox.put(import_file, row.pk, delay=max(timedelta(), LEASE - silence))
    for row in Import.objects.exclude(finished_at=None).exclude(upload=""):
        remove_upload(row)
    remove_leftovers()
    if Conversation.objects.exclude(deleted_at=None).exists():
        outbox.put(purge_conversations)


def resume_after_start(**_: Any) -> None:
    """Queue what is left over when a worker starts. Inside the web process nobody else can be running it still."""
    if settings.CELERY_IN_PROCESS:
        Import.objects.filter(state=Import.State.RUNNING).update(state=Import.State.WAITING)
    resume_unfinished()


def is_stopping() -> bool:
    """Return whether the worker has been told to end."""
    return worker_state.should_stop is not None and worker_state.should_stop is not False  # 0 is an exit status


def _purge_messages(conversation_id: int) -> int:
    batch = Message.objects.filter(conversation_id=conversation_id).order_by("sequence")
    keys = list(batch.values_list("pk", flat=True)[:PURGE_BATCH_MESSAGES])
    with transaction.atomic():
        conversations_change(conversation_id)
        count, _ = Message.objects.filter(pk__in=keys).delete()
    return count
