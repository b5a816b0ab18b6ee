"""`/metrics`: who may read it, in which format, and what it must not do."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client

from apps.chat.models import User
from apps.monitoring.prometheus import current
from apps.monitoring.prometheus.place import Place
from apps.monitoring.worker import Worker
from tests.monitoring.prometheus.sheets import counting, sheet

TOKEN = "correct horse battery"
LINE = b'test_counted_total{kind="a"} 3.0\n'
OPEN = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;q=0.5"


@pytest.fixture(autouse=True)
def place(settings, tmp_path: Path) -> Iterator[Place]:  # type: ignore[no-untyped-def]
    """A process that has counted three."""
    settings.METRICS_TOKEN, settings.DATA_DIR = TOKEN, tmp_path
    place = Place(current.shelf(), Worker.here("web"), lambda *_: None)
    current.occupy(place)
    place.take(sheet("web", counting(3)))
    yield place
    current.leave(place)


def asked(client: Client, **headers: str) -> HttpResponse:
    return client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", **headers})


def test_the_token_opens_it_without_a_database(client: Client) -> None:
    answer = asked(client)  # a test without a database fails when it is asked
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert answer.content.endswith(LINE)


def test_openmetrics_comes_to_those_who_ask_for_it(client: Client) -> None:
    answer = asked(client, Accept=OPEN)
    assert answer.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.content.endswith(LINE + b"# EOF\n")


@pytest.mark.parametrize("wanted", ["gzip", "deflate, GZIP;q=0.5", "br,gzip"])
def test_it_is_packed_for_those_who_take_it_so(client: Client, wanted: str) -> None:
    answer = asked(client, Accept_Encoding=wanted)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.content).endswith(LINE)


@pytest.mark.parametrize("wanted", ["", "identity", "gzip;q=0", "br, gzip; q=0.0, deflate"])
def test_it_is_not_packed_for_others(client: Client, wanted: str) -> None:
    answer = asked(client, Accept_Encoding=wanted)
    assert "Content-Encoding" not in answer.headers
    assert answer.content.endswith(LINE)


def test_it_is_never_kept(client: Client) -> None:
    answer = asked(client)
    assert "no-store" in answer.headers["Cache-Control"]
    assert set(answer.headers["Vary"].replace(",", "").split()) >= {"Accept", "Accept-Encoding"}


@pytest.mark.django_db
def test_staff_may_read_it(client: Client) -> None:
    client.force_login(User.objects.create(username="ann", is_staff=True))
    assert client.get("/metrics").content.endswith(LINE)


def assert_refused(answer: HttpResponse, status: int) -> None:
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(json.loads(answer.content)) == {"type", "title", "status", "detail", "request_id"}
    assert b"test_counted" not in answer.content


@pytest.mark.django_db
def test_others_who_are_signed_in_may_not(client: Client) -> None:
    client.force_login(User.objects.create(username="bob"))
    assert_refused(client.get("/metrics"), 403)


@pytest.mark.django_db
def test_staff_who_were_deactivated_may_not(client: Client) -> None:
    client.force_login(user := User.objects.create(username="ann", is_staff=True))
    user.is_active = False
    user.save()
    assert_refused(client.get("/metrics"), 401)


def test_nobody_else_may(client: Client) -> None:
    answer = client.get("/metrics")
    assert_refused(answer, 401)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="metrics"'


@pytest.mark.parametrize("credentials", ["Bearer wrong", "Bearer ", "Bearer", f"Basic {TOKEN}", TOKEN, "Bearer schön"])
def test_a_wrong_token_opens_nothing_for_staff_either(client: Client, credentials: str) -> None:
    assert_refused(client.get("/metrics", headers={"Authorization": credentials}), 401)


@pytest.mark.parametrize("credentials", ["Bearer", "Bearer ", 'Bearer ""'])
def test_without_a_token_set_no_token_opens_it(client: Client, settings, credentials: str) -> None:  # type: ignore[no-untyped-def]
    settings.METRICS_TOKEN = ""
    assert_refused(client.get("/metrics", headers={"Authorization": credentials}), 401)


def test_it_only_reads(client: Client) -> None:
    assert client.post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 405
    assert asked(client).status_code == 200


def test_a_process_that_watches_nothing_tells_of_the_others(client: Client, place: Place) -> None:
    current._places.remove(place)
    try:
        assert asked(client).content.endswith(LINE)
    finally:
        current.occupy(place)


def test_the_folder_is_in_the_data_directory_and_the_owners_alone(tmp_path: Path, place: Place) -> None:
    assert (tmp_path / "run" / f"{place.name}.sheet").is_file()
    assert (tmp_path / "run").stat().st_mode & 0o077 == 0
