"""POST /api/feedback: what people think."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.chat.models import User
from apps.monitoring.browser.feedback import Voices, voices
from apps.monitoring.browser.pages import prune_browser
from apps.monitoring.models import Feedback

pytestmark = pytest.mark.django_db(transaction=True)


def give(client: Client, **opinion: Any) -> Any:
    return client.post("/api/feedback", {"path": "/accounts/login/", **opinion}, content_type="application/json")


def test_an_opinion_is_kept_with_its_page_and_account(client: Client, ann: User) -> None:
    answer = give(client, is_fast=False, comment=" the list jumps ")
    assert answer.status_code == 201
    kept = Feedback.objects.get()
    assert (kept.user_id, kept.route, kept.is_fast, kept.is_helpful) == (ann.pk, "accounts/login/", False, None)
    assert kept.comment == "the list jumps"


def test_nothing_said_is_refused_in_words(client: Client) -> None:
    answer = give(client, comment="  ")
    assert answer.status_code == 422
    assert "in your own words" in answer.json()["detail"]


def test_a_stranger_is_asked_to_sign_in(db: Any) -> None:
    assert give(Client(), is_fast=True).status_code == 401
    assert not Feedback.objects.exists()


def test_a_form_of_another_site_is_refused(ann: User) -> None:
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(ann)
    assert give(forged, is_fast=True).status_code == 403
    assert not Feedback.objects.exists()


def test_voices_are_counted_by_route(client: Client) -> None:
    for opinion in ({"is_fast": True}, {"is_fast": False, "comment": "slow"}, {"is_helpful": True}):
        give(client, **opinion)
    now = timezone.now()
    said = voices(since=now - timedelta(hours=1), until=now + timedelta(hours=1))
    assert said == [Voices(route="accounts/login/", fast=1, slow=1, helpful=1, unhelpful=0, comments=1)]


def test_what_is_too_old_is_pruned(client: Client) -> None:
    give(client, is_fast=True)
    Feedback.objects.update(at=timezone.now() - timedelta(days=91))
    give(client, is_fast=False)
    assert prune_browser() == 1
    assert [one.is_fast for one in Feedback.objects.all()] == [False]
