"""Notices every change of rights, whoever makes it: services, the admin, a shell. Receivers of Django's signals."""

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest

from apps.chat.live.publication import access_changed, conversation_changed, session_ended
from apps.chat.live.session import digest_of
from apps.chat.models import Conversation, Membership, User

HARMLESS = frozenset({"last_login"})


def connect() -> None:
    """Begin to notice; idempotent."""
    post_save.connect(membership_changed, sender=Membership, dispatch_uid="live.membership_saved")
    post_delete.connect(membership_changed, sender=Membership, dispatch_uid="live.membership_deleted")
    post_save.connect(user_changed, sender=User, dispatch_uid="live.user_saved")
    post_delete.connect(user_changed, sender=User, dispatch_uid="live.user_deleted")
    post_save.connect(conversation_saved, sender=Conversation, dispatch_uid="live.conversation_saved")
    user_logged_out.connect(signed_out, dispatch_uid="live.signed_out")


def membership_changed(*, instance: Membership, **_: Any) -> None:
    """Somebody joined, left, was removed, or has another role."""
    access_changed(user_id=instance.user_id, conversation_id=instance.conversation_id)
    conversation_changed(instance.conversation_id, change="members")


def user_changed(
    *, instance: User, update_fields: frozenset[str] | None = None, created: bool = False, **_: Any
) -> None:
    """A user's password, name or standing may have changed, or the user is gone."""
    if not created and instance.pk and not (update_fields and update_fields <= HARMLESS):
        access_changed(user_id=instance.pk)


def conversation_saved(*, instance: Conversation, created: bool, **_: Any) -> None:
    """Staff may have renamed it or set up its assistant; the chat's own services say so themselves."""
    if not created:
        conversation_changed(instance.pk, change="renamed", title=instance.title)
        conversation_changed(instance.pk, change="assistant", has_assistant=instance.has_assistant)


def signed_out(*, request: HttpRequest, **_: Any) -> None:
    """A session is about to end: its sockets end with it."""
    if key := request.session.session_key:
        session_ended(digest_of(key))
