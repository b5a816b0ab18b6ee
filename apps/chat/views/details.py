"""What a conversation is: its title, members, files of it, and its end."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from apps.chat.exceptions import InvalidError
from apps.chat.forms import AssistantForm, MemberForm, TitleForm, add_problem
from apps.chat.records import ConversationRecord
from apps.chat.services.conversations import (
    change_conversation,
    delete_conversation,
    get_conversation,
    rename_conversation,
)
from apps.chat.services.members import list_members
from apps.chat.views.page import page, user_id, with_side, without_returns


@require_http_methods(["GET", "HEAD", "POST"])
@page
def details(request: HttpRequest, *, conversation_id: int) -> HttpResponse:
    """Show title, members and exports; a POST renames."""
    conversation = get_conversation(user_id=user_id(request), conversation_id=conversation_id)
    if request.method != "POST":
        return show_details(request, conversation)
    form = TitleForm(request.POST)
    if form.is_valid():
        try:
            rename_conversation(user_id=user_id(request), conversation_id=conversation_id, title=form["title"].data)
            return redirect("details", conversation_id=conversation_id)
        except InvalidError as error:
            add_problem(form, error)
    return show_details(request, conversation, title_form=form)


@require_POST
@page
def assistant(request: HttpRequest, *, conversation_id: int) -> HttpResponse:
    """Say whether the assistant answers, and what it is told first."""
    form = AssistantForm(request.POST)
    if form.is_valid():
        try:
            change_conversation(
                user_id=user_id(request),
                conversation_id=conversation_id,
                has_assistant=form.cleaned_data["has_assistant"],
                system_prompt=without_returns(form.cleaned_data["system_prompt"]),
            )
            return redirect("details", conversation_id=conversation_id)
        except InvalidError as error:
            add_problem(form, error)
    conversation = get_conversation(user_id=user_id(request), conversation_id=conversation_id)
    return show_details(request, conversation, assistant_form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def delete(request: HttpRequest, *, conversation_id: int) -> HttpResponse:
    """Ask whether to delete the conversation for everybody; a POST does it."""
    if request.method == "POST":
        delete_conversation(user_id=user_id(request), conversation_id=conversation_id)
        return redirect("home")
    conversation = get_conversation(user_id=user_id(request), conversation_id=conversation_id)
    return with_side(request, "chat/delete.html", conversation=conversation)


def show_details(
    request: HttpRequest,
    conversation: ConversationRecord,
    *,
    title_form: TitleForm | None = None,
    member_form: MemberForm | None = None,
    assistant_form: AssistantForm | None = None,
) -> HttpResponse:
    """Return the page of a conversation's details, with what was wrong in one of its forms."""
    has_problem = any(form and form.errors for form in (title_form, member_form, assistant_form))
    told = {"has_assistant": conversation.has_assistant, "system_prompt": conversation.system_prompt}
    return with_side(
        request,
        "chat/details.html",
        conversation=conversation,
        members=list_members(user_id=user_id(request), conversation_id=conversation.id),
        title_form=title_form or TitleForm(initial={"title": conversation.title}),
        member_form=member_form or MemberForm(),
        assistant_form=assistant_form or AssistantForm(initial=told),
        is_offline=not settings.ASSISTANT_BASE_URL,
        status=422 if has_problem else 200,
    )
