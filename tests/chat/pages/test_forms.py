"""Everything by plain forms, without JavaScript: send, start, rename, invite, leave, delete, search, import."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.chat.models import Import, User
from apps.chat.records import ConversationRecord
from apps.chat.services.conversations import list_conversations
from apps.chat.services.history import history_page
from apps.chat.services.members import list_members
from tests.chat.people import conversation, said

ROW = b"conversation,author,role,sent_at,text\nTea,ann,user,2026-03-01T08:00:00Z,Green\n"


def test_home_leads_to_the_latest_conversation(as_ann: Client, where: ConversationRecord) -> None:
    assert as_ann.get("/").headers["Location"] == f"/c/{where.id}/"


def test_home_shows_how_to_begin_where_there_is_nothing(as_eve: Client) -> None:
    assert "Start a conversation" in as_eve.get("/").content.decode()


def test_a_message_is_sent_and_the_page_comes_back(as_ann: Client, ann: User, where: ConversationRecord) -> None:
    response = as_ann.post(f"/c/{where.id}/", {"text": "one\r\n  two"})
    assert response.headers["Location"] == f"/c/{where.id}/#end"
    assert history_page(user_id=ann.pk, conversation_id=where.id).messages[-1].text == "one\n  two"


@pytest.mark.parametrize(("text", "reason"), [("x" * 20_001, "20000"), ("a\u202eb", "U+202E"), ("", "required")])
def test_a_message_that_is_refused_is_shown_again_with_the_reason(
    as_ann: Client, ann: User, where: ConversationRecord, text: str, reason: str
) -> None:
    response = as_ann.post(f"/c/{where.id}/", {"text": text})
    assert response.status_code == 422
    assert reason in response.content.decode()
    assert history_page(user_id=ann.pk, conversation_id=where.id).messages[-1].text == "message number 60"


def test_a_conversation_is_started(as_eve: Client, eve: User) -> None:
    response = as_eve.post("/conversations/new/", {"title": "  Ideas "})
    started = list_conversations(user_id=eve.pk).results[0]
    assert (started.title, response.headers["Location"]) == ("Ideas", f"/c/{started.id}/")


def test_a_title_with_a_control_character_is_refused_beside_its_field(as_eve: Client) -> None:
    response = as_eve.post("/conversations/new/", {"title": "a\u202eb"})
    assert response.status_code == 422
    assert "Title the bidirectional control U+202E" in response.content.decode()


def test_an_owner_renames(as_ann: Client, ann: User, where: ConversationRecord) -> None:
    as_ann.post(f"/c/{where.id}/details/", {"title": "Better plans"})
    assert list_conversations(user_id=ann.pk).results[0].title == "Better plans"


def test_a_title_that_is_refused_is_told_on_the_details_page(as_ann: Client, where: ConversationRecord) -> None:
    response = as_ann.post(f"/c/{where.id}/details/", {"title": "a\u202eb"})
    assert (response.status_code, "U+202E" in response.content.decode()) == (422, True)


def test_an_owner_adds_by_name(as_ann: Client, eve: User, where: ConversationRecord) -> None:
    response = as_ann.post(f"/c/{where.id}/members/", {"username": "eve"})
    assert response.headers["Location"] == f"/c/{where.id}/details/"
    assert "eve" in [member.name for member in list_members(user_id=eve.pk, conversation_id=where.id)]


@pytest.mark.parametrize(("name", "reason"), [("nobody", "nobody who can sign in"), ("bob", "a member already")])
def test_a_name_that_cannot_be_added_is_told(as_ann: Client, where: ConversationRecord, name: str, reason: str) -> None:
    response = as_ann.post(f"/c/{where.id}/members/", {"username": name})
    assert (response.status_code, reason in response.content.decode()) == (422, True)


def test_an_owner_removes_a_member(as_ann: Client, as_bob: Client, bob: User, where: ConversationRecord) -> None:
    as_ann.post(f"/c/{where.id}/members/{bob.pk}/remove/")
    assert as_bob.get(f"/c/{where.id}/").status_code == 404


def test_whoever_removes_themselves_is_led_home(as_bob: Client, bob: User, where: ConversationRecord) -> None:
    assert as_bob.post(f"/c/{where.id}/members/{bob.pk}/remove/").headers["Location"] == "/"


def test_leaving_asks_first(as_bob: Client, bob: User, where: ConversationRecord) -> None:
    assert "Leave" in as_bob.get(f"/c/{where.id}/leave/").content.decode()
    as_bob.post(f"/c/{where.id}/leave/")
    assert list_conversations(user_id=bob.pk).results == []


def test_deleting_asks_first(as_ann: Client, ann: User, where: ConversationRecord) -> None:
    assert "Delete it for everybody" in as_ann.get(f"/c/{where.id}/delete/").content.decode()
    as_ann.post(f"/c/{where.id}/delete/")
    assert list_conversations(user_id=ann.pk).results == []


@pytest.mark.parametrize("action", ["members/", "delete/"])
def test_a_mere_member_may_not(as_bob: Client, where: ConversationRecord, action: str) -> None:
    assert as_bob.post(f"/c/{where.id}/{action}", {"username": "eve"}).status_code == 403


PATHS = ("", "details/", "members/", "leave/", "delete/", "members/1/remove/")


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", PATHS)
def test_an_outsider_sees_what_they_see_of_a_conversation_that_is_not(
    as_eve: Client, where: ConversationRecord, method: str, path: str
) -> None:
    fields = {"text": "x", "title": "x", "username": "eve"}
    real = getattr(as_eve, method)(f"/c/{where.id}/{path}", fields)
    missing = getattr(as_eve, method)(f"/c/999999/{path}", fields)
    assert (real.status_code, plain(real)) == (missing.status_code, plain(missing))
    assert real.status_code in (404, 405)


def plain(response: Any) -> str:
    """Return an answer without the request's id."""
    return str(response.content.decode().replace(response.headers.get("X-Request-ID", "-"), ""))


def test_an_id_longer_than_any_key_is_not_found(as_ann: Client) -> None:
    assert as_ann.get(f"/c/{'9' * 40}/").status_code == 404


def test_search_finds_marks_and_links(as_ann: Client, where: ConversationRecord) -> None:
    page = as_ann.get("/search/?q=number+42").content.decode()
    assert "<mark>42</mark>" in page
    assert f'href="/c/{where.id}/?message=' in page


def test_search_goes_on_to_a_second_page(as_ann: Client, where: ConversationRecord) -> None:
    first = as_ann.get("/search/?q=message")
    assert first.content.decode().count('class="hit"') == 20
    cursor = first.context["found"].next
    assert "message number 40" in strip_marks(as_ann.get(f"/search/?q=message&cursor={cursor}").content.decode())


def strip_marks(page: str) -> str:
    """Return a page of hits without their highlighting."""
    return page.replace("<mark>", "").replace("</mark>", "")


@pytest.mark.parametrize("query", ["q=%21%21", "q=" + "x" * 201, "q=tea&cursor=forged"])
def test_a_search_that_cannot_be_is_told_in_words(as_ann: Client, query: str) -> None:
    response = as_ann.get(f"/search/?{query}")
    assert (response.status_code, 'id="search-problem"' in response.content.decode()) == (422, True)


def test_search_shows_only_what_the_reader_may_read(as_eve: Client, where: ConversationRecord) -> None:
    assert "No message holds" in as_eve.get("/search/?q=number").content.decode()


def test_the_list_goes_on_to_a_second_page(as_ann: Client, ann: User) -> None:
    for number in range(52):
        said(ann, conversation(ann, title=f"Talk {number:02}"), "x")
    cursor = as_ann.get("/conversations/").context["side"].next
    page = as_ann.get(f"/conversations/?cursor={cursor}").content.decode()
    assert "Talk 00" in page
    assert "Talk 51" not in page


def test_a_forged_cursor_shows_the_beginning_of_the_list(as_ann: Client, where: ConversationRecord) -> None:
    assert where.title in as_ann.get("/conversations/?cursor=forged").content.decode()


def test_a_file_is_uploaded_and_its_import_listed(as_ann: Client, ann: User) -> None:
    file = SimpleUploadedFile("tea.csv", ROW)
    response = as_ann.post("/imports/", {"file": file, "format": "auto"})
    requested = Import.objects.get(owner=ann)
    assert response.headers["Location"] == f"/imports/#import-{requested.pk}"
    assert "tea.csv" in as_ann.get("/imports/").content.decode()


def test_a_file_that_is_refused_is_told_beside_the_field(as_ann: Client) -> None:
    file = SimpleUploadedFile("tea.csv", b"")
    response = as_ann.post("/imports/", {"file": file, "format": "auto"})
    assert (response.status_code, "empty" in response.content.decode()) == (422, True)
