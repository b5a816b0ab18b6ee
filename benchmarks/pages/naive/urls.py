"""The page uncached, and behind `cache_page`."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.cache import cache_page

from apps.chat.models import Membership, Message

PAGE_MESSAGES, KEPT_SECONDS = 50, 300


def history(request: HttpRequest, conversation_id: int) -> JsonResponse:
    """Answer what the site's own API answers."""
    membership = get_object_or_404(
        Membership.objects.select_related("conversation"), user=request.user, conversation_id=conversation_id
    )
    newest = Message.objects.filter(conversation_id=conversation_id).select_related("author").order_by("-sequence")
    messages = list(reversed(newest[:PAGE_MESSAGES]))
    has_more = bool(messages) and messages[0].sequence > 1
    return JsonResponse(
        {
            "messages": [as_dict(message) for message in messages],
            "next_before": messages[0].pk if has_more else None,
            "next_after": None,
            "last_event": membership.conversation.last_event,
        }
    )


def as_dict(message: Message) -> dict[str, Any]:
    return {
        "id": message.pk,
        "sequence": message.sequence,
        "conversation": message.conversation_id,
        "author": {
            "id": message.author_id,
            "name": message.author.username if message.author else message.author_name,
        },
        "role": message.role,
        "text": message.text,
        "html": message.html,
        "client_id": message.client_id,
        "created_at": message.created_at,
        "edited_at": message.edited_at,
        "deleted": message.deleted_at is not None,
        "completion": message.completion,
    }


urlpatterns = [
    path("uncached/<int:conversation_id>", login_required(history)),
    path("cached/<int:conversation_id>", login_required(cache_page(KEPT_SECONDS)(history))),
]
