"""The chat in the admin: every list and form opens, and changes go by the chat's own rules."""

from typing import Any

import pytest
from django.test import Client

from apps.chat.exceptions import NotFoundError
from apps.chat.models import Conversation, Import, Membership, Message, Reply, User
from apps.chat.records import ConversationRecord
from apps.chat.services.history import history_page
from tests.chat.people import conversation, person, said


@pytest.fixture
def staff(db: None, client: Client) -> Client:
    """A client signed in as superuser."""
    client.force_login(person("root", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def where(ann: User, bob: User) -> ConversationRecord:
    """A conversation of ann and bob with two messages and an import beside it."""
    made = conversation(ann, bob)
    said(ann, made, "first <b>", "second")
    Import.objects.create(owner=ann, filename="log.csv")
    Reply.objects.create(conversation_id=made.id, asked_by=ann)
    return made


@pytest.mark.parametrize("model", ["user", "conversation", "message", "import", "reply"])
def test_every_list_and_form_opens(staff: Client, where: ConversationRecord, model: str) -> None:
    models = {"user": User, "conversation": Conversation, "message": Message, "import": Import, "reply": Reply}
    rows: Any = models[model].objects
    assert staff.get(f"/admin/chat/{model}/").status_code == 200
    assert staff.get(f"/admin/chat/{model}/?q=1").status_code == 200
    assert staff.get(f"/admin/chat/{model}/{rows.first().pk}/change/").status_code == 200


def test_the_search_for_messages_says_that_it_goes_by_number(staff: Client) -> None:
    assert "Number of a message or conversation" in staff.get("/admin/chat/message/").content.decode()


def test_forms_of_people_and_groups_open(staff: Client) -> None:
    for path in ("/admin/", "/admin/chat/user/add/", "/admin/auth/group/", "/admin/auth/group/add/"):
        assert staff.get(path).status_code == 200


@pytest.mark.parametrize("path", ["conversation/add/", "message/add/", "import/add/", "reply/add/"])
def test_what_begins_elsewhere_is_not_added_here(staff: Client, path: str) -> None:
    assert staff.get(f"/admin/chat/{path}").status_code == 403


def test_a_list_of_conversations_costs_no_query_per_row(
    staff: Client, ann: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        conversation(ann, title=f"Topic {number}")
    with django_assert_max_num_queries(9):
        assert staff.get("/admin/chat/conversation/").status_code == 200


def test_staff_rename_conversations_and_change_members(staff: Client, where: ConversationRecord, bob: User) -> None:
    bobs = Membership.objects.get(user=bob)
    form = {
        "title": "Renamed",
        "has_assistant": "on",
        "system_prompt": "Be brief",
        "memberships-TOTAL_FORMS": 1,
        "memberships-INITIAL_FORMS": 1,
        "memberships-0-id": bobs.pk,
        "memberships-0-conversation": where.id,
        "memberships-0-user": bob.pk,
        "memberships-0-role": "owner",
    }
    answer = staff.post(f"/admin/chat/conversation/{where.id}/change/", form)
    assert answer.status_code == 302
    bobs.refresh_from_db()
    changed = Conversation.objects.get()
    assert (bobs.role, changed.title) == ("owner", "Renamed")
    assert (changed.has_assistant, changed.system_prompt) == (True, "Be brief")


def ticked(where: ConversationRecord, *users: User) -> dict[str, Any]:
    """Return the form in which staff have ticked these members to be removed."""
    rows = list(Membership.objects.filter(conversation_id=where.id).order_by("pk"))
    form: dict[str, Any] = {
        "title": "Plans",
        "memberships-TOTAL_FORMS": len(rows),
        "memberships-INITIAL_FORMS": len(rows),
    }
    for number, row in enumerate(rows):
        fields = {"id": row.pk, "conversation": where.id, "user": row.user_id, "role": row.role}
        form |= {f"memberships-{number}-{name}": value for name, value in fields.items()}
        if row.user in users:
            form[f"memberships-{number}-DELETE"] = "on"
    return form


def test_when_staff_remove_the_last_owner_another_member_becomes_one(
    staff: Client, where: ConversationRecord, ann: User, bob: User
) -> None:
    Conversation.objects.update(imported_by=ann, source_id="talk-1")
    assert staff.post(f"/admin/chat/conversation/{where.id}/change/", ticked(where, ann)).status_code == 302
    assert list(Membership.objects.values_list("user", "role")) == [(bob.pk, "owner")]
    kept = Conversation.objects.get()
    assert (kept.imported_by, kept.source_id, kept.deleted_at) == (None, "", None)


def test_when_staff_remove_everybody_the_conversation_goes(
    staff: Client, where: ConversationRecord, ann: User, bob: User
) -> None:
    assert staff.post(f"/admin/chat/conversation/{where.id}/change/", ticked(where, ann, bob)).status_code == 302
    assert Conversation.objects.get().deleted_at is not None
    assert Membership.objects.count() == 0


def test_who_left_while_staff_ticked_them_is_no_error(
    staff: Client, where: ConversationRecord, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(**_: Any) -> None:
        raise NotFoundError("There is no such member.")

    monkeypatch.setattr("apps.chat.admin.conversations.expel_member", gone)
    assert staff.post(f"/admin/chat/conversation/{where.id}/change/", ticked(where, bob)).status_code == 302
    assert Membership.objects.count() == 2


def test_a_message_taken_down_leaves_a_tombstone(staff: Client, where: ConversationRecord, ann: User) -> None:
    first, second = history_page(user_id=ann.pk, conversation_id=where.id).messages
    staff.post("/admin/chat/message/", {"action": "take_down", "_selected_action": [first.id]})
    staff.post(f"/admin/chat/message/{second.id}/delete/", {"post": "yes"})
    kept = history_page(user_id=ann.pk, conversation_id=where.id).messages
    assert [(message.sequence, message.deleted) for message in kept] == [(1, True), (2, True)]


def test_messages_deleted_in_bulk_leave_tombstones(staff: Client, where: ConversationRecord) -> None:
    chosen = list(Message.objects.values_list("pk", flat=True))
    staff.post("/admin/chat/message/", {"action": "delete_selected", "_selected_action": chosen, "post": "yes"})
    assert Message.objects.exclude(deleted_at=None).count() == 2


@pytest.mark.parametrize("way", ["one", "bulk"])
def test_a_deleted_conversation_is_hidden_and_kept_for_the_purge(
    staff: Client, where: ConversationRecord, way: str
) -> None:
    if way == "one":
        staff.post(f"/admin/chat/conversation/{where.id}/delete/", {"post": "yes"})
    else:
        form = {"action": "delete_selected", "_selected_action": [where.id], "post": "yes"}
        staff.post("/admin/chat/conversation/", form)
    assert Conversation.objects.get().deleted_at is not None
    staff.get("/admin/")  # shows the notice that it is gone
    assert "Plans" not in staff.get("/admin/chat/conversation/").content.decode()


def test_texts_are_shown_escaped_or_sanitised(staff: Client, where: ConversationRecord) -> None:
    message = Message.objects.get(sequence=1)
    for path in ("", f"{message.pk}/change/"):
        page = staff.get(f"/admin/chat/message/{path}").content.decode()
        assert "first <b>" not in page
        assert "first &lt;b&gt;" in page


def test_names_without_a_user_and_tombstones_are_listed(staff: Client, where: ConversationRecord) -> None:
    Message.objects.filter(sequence=1).update(author=None, author_name="Grace")
    message = Message.objects.get(sequence=2)
    staff.post("/admin/chat/message/", {"action": "take_down", "_selected_action": [message.pk]})
    page = staff.get("/admin/chat/message/").content.decode()
    assert "Grace" in page
    assert "(deleted)" in page


def test_nobody_but_staff_gets_in(client: Client, ann: User) -> None:
    client.force_login(ann)
    assert client.get("/admin/chat/message/").status_code == 302
