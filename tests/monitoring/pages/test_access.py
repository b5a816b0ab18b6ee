"""Who sees the performance pages."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.monitoring.pages.rooms import ROOMS
from tests.monitoring.pages.conftest import signed_in

FILES = (
    "/performance/traffic.csv", "/performance/routes.csv", "/performance/cache/namespaces.csv",
    "/performance/events/events.csv", "/performance/audit/audit.csv", "/performance/audit/audit.jsonl",
)  # fmt: skip
PATHS = (*(room.path for room in ROOMS), *FILES)


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_whoever_is_not_signed_in_is_sent_to_sign_in(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{reverse('login')}?next={path}")


@pytest.mark.django_db
def test_whoever_is_no_staff_may_not() -> None:
    client = signed_in()
    assert {client.get(path).status_code for path in PATHS} == {403}


def test_staff_see_every_page_and_no_cache_keeps_one(staff: Client) -> None:
    answers = [staff.get(path) for path in PATHS]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["Cache-Control"] for answer in answers} == {"private, no-cache"}


def test_what_is_no_page_is_not_found(staff: Client) -> None:
    paths = ("/performance/nothing/", "/performance/nothing.csv", "/performance/cache/nothing.csv",
             "/performance/nowhere/traffic.csv", "/performance/audit/9/")  # fmt: skip
    assert {staff.get(path).status_code for path in paths} == {404}


def test_pages_are_only_read(staff: Client) -> None:
    assert {staff.post(path).status_code for path in PATHS} == {405}
