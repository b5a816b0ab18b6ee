"""Who a session belongs to, read without the ORM's help."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from apps.chat.models import User
from apps.chat.sessions import SessionStore


@pytest.fixture
def key(ann: User) -> str:
    """The key of a session in which ann is signed in."""
    client = Client()
    client.force_login(ann)
    return client.cookies["sessionid"].value


def caller(key: str) -> Any:
    request = HttpRequest()
    request.session = SessionStore(key)
    return get_user(request)


def test_a_session_leads_to_its_user_by_two_queries(ann: User, key: str, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        found = caller(key)
    columns = [field.attname for field in User._meta.concrete_fields]
    by_the_orm = User.objects.get(pk=ann.pk)
    assert [getattr(found, name) for name in columns] == [getattr(by_the_orm, name) for name in columns]


def test_an_expired_session_is_nobodys_and_gets_another_key(key: str) -> None:
    Session.objects.filter(session_key=key).update(expire_date=timezone.now() - timedelta(seconds=1))
    store = SessionStore(key)
    assert (store.load(), store.session_key) == ({}, None)
    assert caller(key) == AnonymousUser()


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "another"}])
def test_who_may_not_sign_in_any_more_is_a_stranger(ann: User, key: str, change: dict[str, Any]) -> None:
    User.objects.filter(pk=ann.pk).update(**change)
    assert caller(key) == AnonymousUser()


def test_a_user_who_is_gone_is_a_stranger(ann: User, key: str) -> None:
    ann.delete()
    assert caller(key) == AnonymousUser()


@pytest.mark.parametrize("wrong", ["", "short", "0" * 32, "é" * 32])
def test_a_key_that_was_never_given_is_nobodys(db: None, wrong: str) -> None:
    assert caller(wrong) == AnonymousUser()
