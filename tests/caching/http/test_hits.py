"""What is in memory goes out before Django, to the one whose it is, for as long as it is true."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.middleware.csrf import _unmask_cipher_token
from django.urls import clear_url_caches

from apps.caching import finding
from apps.caching import namespace as namespaces
from apps.caching.http import directory as directories
from apps.caching.http import token as token_module
from apps.caching.http.counts import routes
from apps.caching.http.policy import AnswersPolicy
from apps.caching.http.token import masked
from apps.caching.sessions import sessions
from apps.chat.models import User
from apps.chat.policy import chat
from apps.chat.records import ConversationRecord
from apps.chat.services.history import mark_read
from apps.chat.services.members import remove_member
from apps.chat.services.messages import send_message
from apps.tuning.exceptions import PolicyError
from apps.tuning.handle import State
from apps.tuning.models import AuditEntry
from tests.caching.http.reader import CSRF, Reader
from tests.caching.http.unheard import elsewhere
from tests.chat.people import person
from tests.servers.deadline import eventually

SignIn = Callable[..., Reader]
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="(\w{64})"')
OWN = {"x-request-id", "server-timing", "cache-status", "ratelimit", "ratelimit-policy"}


def paths(where: ConversationRecord) -> list[str]:
    at = f"/api/conversations/{where.id}"
    return [f"{at}/messages", f"{at}/messages?limit=2", "/api/conversations", at, f"{at}/members", f"/c/{where.id}/"]


def test_the_second_request_never_enters_django(sign_in: SignIn, ann: User, where: ConversationRecord) -> None:
    reader = sign_in(ann)
    for path in paths(where):
        made, hit = reader.get(path), reader.get(path)
        assert (made.is_hit, hit.is_hit) == (False, True), path
        assert made.headers["cache-status"] == "perfsite; fwd=uri-miss; stored"
        level = "L1" if "/messages" in path else "L2"  # what is the same for all members, and what is a reader's own
        assert hit.headers["cache-status"] == f"perfsite; hit; detail={level}"
        assert TOKEN.sub(b"", hit.body) == TOKEN.sub(b"", made.body)
        assert hit.headers.keys() - OWN == made.headers.keys() - OWN
        assert all(hit.headers[name] == made.headers[name] for name in made.headers.keys() - OWN)


def test_who_has_it_already_is_sent_304_and_head_no_body(sign_in: SignIn, ann: User, where: ConversationRecord) -> None:
    reader = sign_in(ann)
    for path in paths(where):
        etag = reader.get(path, if_none_match='"an older one"').headers["etag"]
        unchanged, head = reader.get(path, if_none_match=etag), reader.get(path, "HEAD")
        assert (unchanged.status, unchanged.is_hit, unchanged.body) == (304, True, b"")
        assert not {"content-length", "content-type"} & unchanged.headers.keys()
        assert (head.status, head.is_hit, head.body, head.headers["etag"]) == (200, True, b"", etag)
        assert reader.from_django(path, if_none_match=f'"x", {etag}').status == 304
        assert reader.get(path, if_none_match='"an older one"').status == 200


def test_an_etag_is_strong_where_all_bytes_are_equal_and_weak_where_a_token_differs(
    sign_in: SignIn, ann: User, where: ConversationRecord, history: str
) -> None:
    reader = sign_in(ann)
    assert reader.get(history).headers["etag"].startswith('"')
    assert reader.get(f"/c/{where.id}/").headers["etag"].startswith('W/"')


def test_forms_get_a_fresh_token_of_the_readers_own_and_none_is_kept(
    sign_in: SignIn, ann: User, where: ConversationRecord
) -> None:
    reader, page = sign_in(ann), f"/c/{where.id}/"
    tokens = [TOKEN.findall(reader.get(page).body) for _ in range(3)]
    assert reader.get(page).is_hit
    assert len({token for found in tokens for token in found}) == 3
    assert {_unmask_cipher_token(token.decode()) for found in tokens for token in found} == {CSRF}


def test_another_secret_is_another_page_and_none_at_all_sets_the_cookie(
    sign_in: SignIn, ann: User, where: ConversationRecord
) -> None:
    reader, page = sign_in(ann), f"/c/{where.id}/"
    etag = reader.get(page).headers["etag"]
    reader.client.cookies["csrftoken"] = "d" * 32
    again = reader.get(page, if_none_match=etag)
    assert (again.status, again.is_hit) == (200, True)
    assert _unmask_cipher_token(TOKEN.findall(again.body)[0].decode()) == "d" * 32
    del reader.client.cookies["csrftoken"]
    bare = reader.get(page)
    assert (bare.status, bare.is_hit) == (200, False)
    assert bare.headers["set-cookie"].startswith("csrftoken=")


def test_a_message_cannot_have_a_token_put_into_it(sign_in: SignIn, ann: User, where: ConversationRecord) -> None:
    reader, page = sign_in(ann), f"/c/{where.id}/"
    reader.get(page)
    found = TOKEN.findall(reader.get(page).body)[0].decode()
    send_message(user_id=ann.pk, conversation_id=where.id, text=f"see {found} and FORM_PLACEHOLDER")
    assert f"see {found} and FORM_PLACEHOLDER".encode() in reader.get(page).body
    assert f"see {found} and FORM_PLACEHOLDER".encode() in reader.get(page).body


@pytest.mark.parametrize(
    "headers",
    [
        {"range": "bytes=0-1"},
        {"authorization": "Bearer x"},
        {"if_modified_since": "Sat, 21 Nov 2026 00:00:00 GMT"},
        {"cache_control": "no-cache"},
        {"pragma": "no-cache"},
        {"content_length": "5"},
        {"accept": "text/html"},
        {"accept_language": "de"},
        {"host": "127.0.0.1"},
        {"scheme": "https"},
        {"cookie": "sessionid=somebody"},
    ],
    ids=str,
)
def test_goes_on_to_django_with(sign_in: SignIn, ann: User, history: str, headers: dict[str, str]) -> None:
    reader = sign_in(ann)
    reader.get(history)
    assert reader.get(history).is_hit
    assert reader.from_memory(history, **headers) is None


def test_a_host_that_is_not_ours_and_a_stranger_are_kept_nothing_of(sign_in: SignIn, history: str) -> None:
    reader = sign_in()
    for _ in range(2):
        assert (reader.get(history).status, reader.get(history).is_hit) == (401, False)
        assert (reader.get(history, host="evil.example").status) == 400


def test_errors_and_what_nobody_declared_are_not_kept(sign_in: SignIn, ann: User) -> None:
    reader = sign_in(ann)
    for path, status in (("/api/conversations/999/messages", 404), ("/api/search?q=word", 200), ("/account/", 200)):
        assert [(reader.get(path).status, reader.get(path).is_hit) for _ in range(2)] == [(status, False)] * 2


def test_after_a_write_the_next_answer_is_new(
    sign_in: SignIn, ann: User, bob: User, where: ConversationRecord, history: str
) -> None:
    one, other = sign_in(ann), sign_in(bob)
    for reader in (one, other):
        for path in paths(where):
            reader.get(path)
    send_message(user_id=ann.pk, conversation_id=where.id, text="the second word")
    for reader in (one, other):
        for path in (history, "/api/conversations", f"/c/{where.id}/"):
            assert b"the second word" in reader.get(path).body, path
            assert reader.get(path).is_hit


def test_a_read_marker_moves_the_list_and_what_others_see_of_it(
    sign_in: SignIn, ann: User, bob: User, where: ConversationRecord, history: str
) -> None:
    one, other = sign_in(ann), sign_in(bob)
    assert b'"unread":1' in other.get("/api/conversations").body
    kept = [one.get(history), one.get(f"/c/{where.id}/"), one.get("/api/conversations")]
    mark_read(user_id=bob.pk, conversation_id=where.id, sequence=1)
    assert b'"unread":0' in other.get("/api/conversations").body
    assert [one.get(path).is_hit for path in (history, f"/c/{where.id}/", "/api/conversations")] == [True, False, True]
    assert b"bob" in one.get(f"/c/{where.id}/").body
    assert all(answer.status == 200 for answer in kept)


def test_a_removed_member_is_served_nothing_more(
    sign_in: SignIn, ann: User, bob: User, where: ConversationRecord
) -> None:
    reader = sign_in(bob)
    for path in paths(where):
        reader.get(path)
    remove_member(user_id=ann.pk, conversation_id=where.id, member_id=bob.pk)
    for path in paths(where):
        answer = reader.get(path)
        assert (answer.is_hit, b"the first word" in answer.body) == (False, False), path


def test_signing_out_ends_all_at_once(sign_in: SignIn, ann: User, history: str) -> None:
    reader = sign_in(ann)
    cookies = dict(reader.client.cookies)
    reader.get(history)
    assert reader.get(history).is_hit
    reader.client.logout()
    for name, morsel in cookies.items():
        reader.client.cookies[name] = morsel.value
    answer = reader.get(history)
    assert (answer.is_hit, answer.status) == (False, 401)


@pytest.mark.parametrize("change", ["password", "inactive", "rows", "sessions"])
def test_an_account_that_changes_is_asked_for_again(sign_in: SignIn, ann: User, history: str, change: str) -> None:
    reader = sign_in(ann)
    reader.get(history)
    assert reader.get(history).is_hit
    if change == "password":
        ann.set_password("another horse")
        ann.save()
    elif change == "inactive":
        ann.is_active = False
        ann.save(update_fields=["is_active"])
    elif change == "rows":
        User.objects.filter(pk=ann.pk).update(is_active=False)
    else:
        type(reader.client.session).get_model_class().objects.all().delete()
    answer = reader.get(history)
    assert (answer.is_hit, answer.status) == (False, 401)


def test_a_session_that_is_over_by_its_time_is_over(sign_in: SignIn, ann: User, history: str) -> None:
    reader = sign_in(ann)
    session = reader.client.session
    session.set_expiry(2)
    session.save()
    reader.get(history)
    assert reader.get(history).is_hit
    assert eventually(lambda: reader.get(history).status == 401, seconds=10)
    assert reader.from_memory(history) is None


@pytest.mark.parametrize("path", ["/api/conversations/{}/messages", "/api/conversations/{}"])
def test_another_processs_write_is_found_when_the_stamps_are_looked_at(
    sign_in: SignIn, ann: User, where: ConversationRecord, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, asked = sign_in(ann), path.format(where.id)
    reader.get(asked)
    now = time.monotonic()
    for module in (namespaces, finding):
        monkeypatch.setattr(module, "_clock", lambda: now + 5.0)
    tally = routes[path.removeprefix("/").format("<int:conversation_id>")]
    before = tally.confirmed
    assert reader.get(asked).is_hit
    assert tally.confirmed == before + 1
    elsewhere([f"conversation:{where.id}"])
    for module in (namespaces, finding):
        monkeypatch.setattr(module, "_clock", lambda: now + 10.0)
    assert not reader.get(asked).is_hit


def test_a_policy_that_changes_makes_another_answer(sign_in: SignIn, ann: User, where: ConversationRecord) -> None:
    reader, path = sign_in(ann), f"/api/conversations/{where.id}/messages"
    send_message(user_id=ann.pk, conversation_id=where.id, text="the second word")
    assert b"the first word" in reader.get(path).body
    before = chat.state
    try:
        chat.swap(State(policy=type(chat.current)(page_size=1), number=before.number + 1))
        answer = reader.get(path)
        assert (answer.is_hit, b"the first word" in answer.body) == (False, False)
    finally:
        chat.swap(before)


@pytest.mark.parametrize("is_late", [False, True])
def test_a_policy_that_changes_ends_an_answer_of_ones_own(
    sign_in: SignIn, ann: User, where: ConversationRecord, monkeypatch: pytest.MonkeyPatch, is_late: bool
) -> None:
    reader, path = sign_in(ann), f"/c/{where.id}/"
    reader.get(path)
    assert reader.get(path).is_hit
    before, now = chat.state, time.monotonic()
    for module in (namespaces, finding):
        monkeypatch.setattr(module, "_clock", lambda: now + 5.0 * is_late)
    try:
        chat.swap(State(policy=type(chat.current)(page_size=1), number=before.number + 1))
        assert reader.from_memory(path) is None
    finally:
        chat.swap(before)


def test_an_answer_that_is_forgotten_is_asked_of_django(sign_in: SignIn, ann: User, where: ConversationRecord) -> None:
    reader, path = sign_in(ann), f"/c/{where.id}/"
    reader.get(path)
    assert reader.get(path).is_hit
    sessions.clear()
    assert reader.from_memory(path) is None


def test_what_was_remembered_first_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directories, "LIMIT", 2)
    known: directories.Directory[int] = directories.Directory()
    for name, target in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        known.put(name, target)
    assert [known.get(name) for name in "abc"] == [3, None, 4]


def test_no_answer_can_be_let_out_of_the_process() -> None:
    with pytest.raises(PolicyError, match="must be off"):
        AnswersPolicy(is_l3_used=True)


def test_a_token_is_whole_and_right_however_few_fair_letters_chance_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_module.os, "urandom", lambda count: b"\xff" * count)
    tokens = {masked(CSRF) for _ in range(5)}
    assert len(tokens) == 5
    assert {_unmask_cipher_token(token) for token in tokens} == {CSRF}


def test_staff_ask_past_the_cache_on_record_and_others_do_not(sign_in: SignIn, bob: User, history: str) -> None:
    staff = sign_in(person("staff", is_staff=True, is_superuser=True))
    member = sign_in(bob)
    member.get(history)
    assert member.get(history, x_cache_bypass="1").headers["cache-status"] == "perfsite; hit; detail=L1"
    assert not AuditEntry.objects.exists()
    for _ in range(2):
        answer = staff.get("/api/conversations", x_cache_bypass="1")
        assert (answer.is_hit, answer.headers["cache-status"]) == (False, "perfsite; fwd=bypass")
    assert [entry.action for entry in AuditEntry.objects.all()] == ["cache.bypass"] * 2


def test_bypasses_are_bounded_in_rate(sign_in: SignIn, transactional_db: None) -> None:
    staff = sign_in(person("staff", is_staff=True))
    for _ in range(14):
        last = staff.get("/api/conversations", x_cache_bypass="1")
    assert last.headers["cache-status"] == "perfsite; hit; detail=L2"
    assert AuditEntry.objects.count() < 14


@pytest.mark.parametrize("path", ["/api/conversations/{}/messages", "/api/conversations/{}"])
def test_what_was_made_of_older_parts_is_not_kept(
    sign_in: SignIn, ann: User, where: ConversationRecord, path: str
) -> None:
    first, second, asked = sign_in(ann), sign_in(ann), path.format(where.id)
    first.get(asked)
    elsewhere([f"account:{ann.pk}"])  # this process has the account in memory, and does not hear of it
    answer = second.get(asked)
    assert (answer.status, answer.is_hit, "stored" in answer.headers["cache-status"]) == (200, False, False)
    assert not second.get(asked).is_hit


def test_routes_are_found_anew_when_the_urls_are(sign_in: SignIn, ann: User, settings: Any, history: str) -> None:
    settings.ROOT_URLCONF = "tests.edge.urls"
    clear_url_caches()
    assert sign_in(ann).from_memory(history) is None
