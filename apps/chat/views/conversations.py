"""The way in, the list of conversations, and a new one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from apps.chat.exceptions import InvalidError
from apps.chat.forms import NewForm, add_problem
from apps.chat.services.conversations import create_conversation, list_conversations
from apps.chat.views.page import page, side, user_id, with_side


@require_safe
@page
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the latest conversation, or show how to begin where there is none."""
    latest = list_conversations(user_id=user_id(request), limit=1)
    if latest.results:
        return redirect("chat", conversation_id=latest.results[0].id)
    return with_side(request, "chat/welcome.html", side=latest)


@require_safe
@page
def listed(request: HttpRequest) -> HttpResponse:
    """Show the conversations: on a phone they have the screen to themselves."""
    found = side(request, cursor=request.GET.get("cursor") or None)
    return with_side(request, "chat/conversations.html", side=found)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def new(request: HttpRequest) -> HttpResponse:
    """Ask for a title, start the conversation and lead there."""
    form = NewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            started = create_conversation(user_id=user_id(request), **form.cleaned_data)
            return redirect("chat", conversation_id=started.id)
        except InvalidError as error:
            add_problem(form, error)
    return with_side(request, "chat/new.html", form=form, status=422 if form.errors else 200)
