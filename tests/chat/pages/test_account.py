"""In, out, up, and another password."""

from typing import Any

import pytest
from django.test import Client

from apps.chat.models import User
from apps.chat.policy import chat
from tests.chat.pages.conftest import signed_in
from tests.tuning.obeying import obeying

PASSWORD = "correct horse"
OTHER = "green tea at noon"


def is_in(client: Client) -> bool:
    """Return whether the site knows who this is."""
    return client.get("/account/").status_code == 200


def change(client: Client, *, old: str = PASSWORD, new: str = OTHER, again: str = OTHER) -> Any:
    """Send the form of the password change."""
    return client.post("/account/", {"old_password": old, "new_password1": new, "new_password2": again})


@pytest.mark.parametrize("path", ["/", "/conversations/", "/c/1/", "/search/", "/imports/", "/account/"])
def test_a_stranger_is_led_to_the_sign_in_and_back(client: Client, path: str, db: None) -> None:
    assert client.get(path).headers["Location"] == f"/accounts/login/?next={path}"


def test_signing_in_leads_to_where_one_wanted_to_go(client: Client, ann: User) -> None:
    fields = {"username": "ann", "password": PASSWORD, "next": "/search/"}
    assert client.post("/accounts/login/", fields).headers["Location"] == "/search/"
    assert is_in(client)


def test_signing_in_never_leads_to_another_site(client: Client, ann: User) -> None:
    fields = {"username": "ann", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/accounts/login/", fields).headers["Location"] == "/"


def test_a_wrong_password_is_told_without_saying_which_of_the_two_is_wrong(client: Client, ann: User) -> None:
    wrong = client.post("/accounts/login/", {"username": "ann", "password": "x"}).content.decode()
    unknown = client.post("/accounts/login/", {"username": "nobody", "password": "x"}).content.decode()
    assert 'role="alert"' in wrong
    assert alert(wrong) == alert(unknown)


def alert(page: str) -> str:
    """Return what the page's alert says."""
    return page.split('role="alert">')[1].split("<", maxsplit=1)[0]


def test_sign_out_takes_a_post(as_ann: Client) -> None:
    assert as_ann.get("/accounts/logout/").status_code == 405
    assert is_in(as_ann)
    assert as_ann.post("/accounts/logout/").headers["Location"] == "/accounts/login/"
    assert not is_in(as_ann)


def test_sign_up_signs_in(client: Client, db: None) -> None:
    response = client.post("/accounts/signup/", {"username": "zoe", "password": OTHER})
    assert (response.headers["Location"], is_in(client)) == ("/", True)
    assert User.objects.get(username="zoe").check_password(OTHER)


def test_a_name_in_another_form_of_unicode_signs_up_and_in_as_the_same_name(client: Client, db: None) -> None:
    response = client.post("/accounts/signup/", {"username": "Rene\u0301", "password": OTHER})
    assert (response.status_code, is_in(client)) == (302, True)
    assert User.objects.get().username == "Ren\u00e9"


@pytest.mark.parametrize(
    ("name", "password", "reason"),
    [
        ("ann", OTHER, "taken"),
        ("a b", OTHER, "valid username"),
        ("zoe", "12345678", "numeric"),
        ("", OTHER, "required"),
    ],
)
def test_a_sign_up_that_is_refused_names_the_field(
    client: Client, ann: User, name: str, password: str, reason: str
) -> None:
    response = client.post("/accounts/signup/", {"username": name, "password": password})
    assert (response.status_code, reason in response.content.decode()) == (422, True)
    assert User.objects.count() == 1


def test_where_sign_up_is_closed_there_is_no_such_page(client: Client, db: None) -> None:
    assert "Sign up" in client.get("/accounts/login/").content.decode()
    with obeying(chat, has_sign_up=False):
        assert client.get("/accounts/signup/").status_code == 404
        assert "Sign up" not in client.get("/accounts/login/").content.decode()


def test_whoever_is_signed_in_needs_neither_form(as_ann: Client) -> None:
    for path in ("/accounts/login/", "/accounts/signup/"):
        assert as_ann.get(path).headers["Location"] == "/"


def test_another_password_keeps_this_session_and_ends_all_others(as_ann: Client, ann: User) -> None:
    elsewhere = signed_in(ann)
    assert change(as_ann).status_code == 302
    assert (is_in(as_ann), is_in(elsewhere)) == (True, False)
    assert "signed out" in as_ann.get("/account/?changed=1").content.decode()


@pytest.mark.parametrize("wrong", [{"old": "x"}, {"again": "y"}, {"new": "12345678", "again": "12345678"}])
def test_a_password_change_that_is_refused_changes_nothing(as_ann: Client, ann: User, wrong: dict[str, str]) -> None:
    elsewhere = signed_in(ann)
    assert change(as_ann, **wrong).status_code == 422
    ann.refresh_from_db()
    assert ann.check_password(PASSWORD)
    assert is_in(elsewhere)
