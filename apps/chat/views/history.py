"""The chat itself: one page of a conversation's history and the composer."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from apps.chat import policy
from apps.chat.exceptions import ChatError, InvalidError, NotFoundError
from apps.chat.forms import MessageForm, add_problem
from apps.chat.rates import SENDS, admit
from apps.chat.records import ConversationPage, ConversationRecord
from apps.chat.services.conversations import get_conversation
from apps.chat.services.history import LATEST, Position, history_page
from apps.chat.services.members import list_readers
from apps.chat.services.messages import send_message
from apps.chat.views.page import page, side, user_id, with_side, without_returns
from apps.chat.views.timeline import BLANK, MARKS, opening, timeline

KEY_DIGITS = 18
PLACES: dict[str, Callable[[int], Position]] = {
    "message": lambda key: Position(around=key),
    "sequence": lambda number: Position(sequence=number),
    "before": lambda key: Position(before=key),
    "after": lambda key: Position(after=key),
}


@require_http_methods(["GET", "HEAD", "POST"])
@page
def chat(request: HttpRequest, *, conversation_id: int) -> HttpResponse:
    """Show the newest messages, or those around the message, number or date of the query; a POST sends one."""
    form = MessageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            admit(SENDS, user_id(request))
            send_message(
                user_id=user_id(request), conversation_id=conversation_id, text=without_returns(form["text"].data)
            )
            return redirect(reverse("chat", kwargs={"conversation_id": conversation_id}) + "#end")
        except NotFoundError:
            raise
        except ChatError as error:
            add_problem(form, error)
    return _shown(request, conversation_id, form)


def position(request: HttpRequest) -> Position:
    """Return where in the history the query points to; anything that cannot be read means the latest."""
    for name, placed in PLACES.items():
        value = request.GET.get(name, "")
        if value.isascii() and value.isdigit() and len(value) <= KEY_DIGITS:
            return placed(int(value))
    try:
        day = date.fromisoformat(request.GET.get("date", ""))
        midnight = datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
        return Position(since=midnight.astimezone(UTC))
    except (ValueError, OverflowError):  # no date, or one that begins beyond the years there are
        return LATEST


def _shown(request: HttpRequest, conversation_id: int, form: MessageForm) -> HttpResponse:
    where = position(request)
    try:
        found = history_page(user_id=user_id(request), conversation_id=conversation_id, position=where)
    except InvalidError as error:  # a message of another conversation: no more is said than of none at all
        raise NotFoundError("There is no such message.") from error
    listed = side(request)
    conversation = _conversation(listed, user_id=user_id(request), conversation_id=conversation_id)
    rows = timeline(found.messages, reader_id=user_id(request), conversation=conversation, position=where)
    return with_side(
        request,
        "chat/chat.html",
        side=listed,
        conversation=conversation,
        history=found,
        rows=rows,
        blank=BLANK,
        marks=json.dumps(MARKS),
        opening=opening(rows, where),
        has_more_unread=conversation.unread > len(found.messages) and found.next_after is None,
        readers=_readers(conversation, user_id=user_id(request)),
        form=form,
        maximum=policy.chat.current.message_length,
        status=422 if form.errors else 200,
    )


def _readers(conversation: ConversationRecord, *, user_id: int) -> str:
    """Return as JSON who has read the last message, as live events name them."""
    found = list_readers(user_id=user_id, conversation_id=conversation.id, sequence=conversation.last_sequence)
    return json.dumps([{"id": one.id, "name": one.name, "read": one.last_read_sequence} for one in found])


def _conversation(listed: ConversationPage, *, user_id: int, conversation_id: int) -> ConversationRecord:
    """Return the conversation's record: from the list beside the page where it is in there, else by two queries."""
    for record in listed.results:
        if record.id == conversation_id:
            return record
    return get_conversation(user_id=user_id, conversation_id=conversation_id)
