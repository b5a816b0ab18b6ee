"""/api/imports."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import MULTIPART_CONTENT

from apps.chat.models import Import, User
from apps.chat.services.imports import UNFINISHED_MAX
from tests.chat.api.caller import Caller, form, problem_of, wrong_fields

CSV = b"conversation,author,role,sent_at,text\nTalk,ann,user,2024-05-01T12:00:00Z,hello\n"


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Any) -> None:
    """Keep what these tests upload in a folder of theirs."""
    settings.MEDIA_ROOT = tmp_path


def upload(caller: Caller, content: bytes = CSV, *, name: str = "talk.csv", **fields: str) -> Any:
    """Send a file as a browser does."""
    return caller.call("POST", "/imports", form(file=SimpleUploadedFile(name, content), **fields))


def test_an_upload_waits_to_be_imported(as_ann: Caller) -> None:
    response = upload(as_ann, dry_run="true")
    record = response.json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"/api/imports/{record['id']}"
    assert (record["filename"], record["format"], record["state"]) == ("talk.csv", "csv", "waiting")
    assert (record["is_dry_run"], record["size_bytes"], record["refusals"]) == (True, len(CSV), [])
    assert as_ann.get(f"/imports/{record['id']}") == record
    assert as_ann.get("/imports") == {"results": [record], "next": None}


def test_imports_are_their_owners_alone(as_ann: Caller, as_eve: Caller) -> None:
    number = upload(as_ann).json()["id"]
    assert as_eve.get("/imports")["results"] == []
    hidden, unknown = (as_eve.call("GET", f"/imports/{one}") for one in (number, number + 1))
    problem_of(hidden, 404)
    assert hidden.content == unknown.content


def test_a_bad_upload_is_refused_by_name_and_leaves_nothing(as_ann: Caller, tmp_path: Any) -> None:
    assert wrong_fields(upload(as_ann, b"")) == ["file"]
    assert wrong_fields(upload(as_ann, name="talk.zip", content=b"PK\x03\x04 no zip")) == ["file"]
    assert wrong_fields(upload(as_ann, format="xml")) == ["format"]
    assert wrong_fields(upload(as_ann, dry_run="perhaps")) == ["dry_run"]
    assert wrong_fields(as_ann.call("POST", "/imports", form(format="csv"))) == ["file"]
    assert list(tmp_path.rglob("*.*")) == []
    assert not Import.objects.exists()


@pytest.mark.parametrize("limit", ["0", "101", "x"])
def test_a_limit_out_of_bounds_is_refused_by_name(as_ann: Caller, limit: str) -> None:
    assert wrong_fields(as_ann.call("GET", f"/imports?limit={limit}")) == ["limit"]


@pytest.mark.parametrize("kind", ["application/json", "text/csv", ""])
def test_what_is_no_form_is_415(as_ann: Caller, kind: str) -> None:
    problem_of(as_ann.call("POST", "/imports", CSV, content_type=kind), 415)


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=\xff", MULTIPART_CONTENT])
def test_a_broken_form_is_a_problem(as_ann: Caller, kind: str) -> None:
    response = as_ann.call("POST", "/imports", b"--nothing like it\r\n", content_type=kind)
    assert response.status_code in {400, 422}
    problem_of(response, response.status_code)


def test_a_form_with_too_many_parts_is_400(as_ann: Caller, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 3
    problem_of(upload(as_ann, **{f"field{number}": "x" for number in range(5)}), 400)


def test_what_is_larger_than_any_file_may_be_is_413_before_it_is_read(as_ann: Caller, settings: Any) -> None:
    settings.CHAT_IMPORT_MAX_MEGABYTES = -1
    problem_of(upload(as_ann), 413)


def test_too_many_waiting_imports_are_a_conflict(as_ann: Caller, ann: User) -> None:
    Import.objects.bulk_create(Import(owner=ann, filename="a.csv") for _ in range(UNFINISHED_MAX))
    problem_of(upload(as_ann), 409)


def test_an_upload_needs_the_csrf_token(ann: User) -> None:
    caller = Caller(ann, enforce_csrf_checks=True)
    assert problem_of(upload(caller), 403)["type"] == "/problems/csrf"
    caller.client.get("/api/docs")
    assert upload(caller, csrfmiddlewaretoken=caller.client.cookies["csrftoken"].value).status_code == 201
