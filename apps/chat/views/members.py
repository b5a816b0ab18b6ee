"""Add, remove, leave: each a plain form that leads back to the conversation's details."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from apps.chat.exceptions import ConflictError, InvalidError
from apps.chat.forms import MemberForm, add_problem
from apps.chat.services.conversations import get_conversation
from apps.chat.services.members import add_member, remove_member
from apps.chat.views.details import show_details
from apps.chat.views.page import page, user_id, with_side


@require_POST
@page
def add(request: HttpRequest, *, conversation_id: int) -> HttpResponse:
    """Add a member by user name."""
    form = MemberForm(request.POST)
    if form.is_valid():
        try:
            add_member(
                user_id=user_id(request), conversation_id=conversation_id, username=form.cleaned_data["username"]
            )
            return redirect("details", conversation_id=conversation_id)
        except (ConflictError, InvalidError) as error:
            add_problem(form, error)
    conversation = get_conversation(user_id=user_id(request), conversation_id=conversation_id)
    return show_details(request, conversation, member_form=form)


@require_POST
@page
def remove(request: HttpRequest, *, conversation_id: int, member_id: int) -> HttpResponse:
    """Remove a member; whoever removes themselves is led home."""
    remove_member(user_id=user_id(request), conversation_id=conversation_id, member_id=member_id)
    if member_id == user_id(request):
        return redirect("home")
    return redirect("details", conversation_id=conversation_id)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def leave(request: HttpRequest, *, conversation_id: int) -> HttpResponse:
    """Ask whether to leave; a POST does it."""
    own = user_id(request)
    if request.method == "POST":
        remove_member(user_id=own, conversation_id=conversation_id, member_id=own)
        return redirect("home")
    conversation = get_conversation(user_id=own, conversation_id=conversation_id)
    return with_side(request, "chat/leave.html", conversation=conversation)
