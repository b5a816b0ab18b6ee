"""Every operation of the OpenAPI, with thousands of odd requests, against the running server: must-show 5."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cached_property
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from apps.chat.api.urls import api
from tests.environment import engine
from tests.servers.site import Site, running_site

PASSWORD, GUEST = "pw", "guest"
FILE = b'{"messages": [{"role": "user", "content": "hello"}]}\n'
PREPARE = f"""
from django.core.management import call_command
knobs = ["messages_per_minute=100000", "writes_per_minute=1000000", "searches_per_minute=100000"]
knobs += ["replies_per_hour=100000", "imports_per_hour=10000"]
call_command("policies", "set", "limits", *knobs, "--reason", "many requests")
for name in ("root", "{GUEST}"):
    call_command("createsuperuser", interactive=False, username=name, email="root@example.org")
"""
EXAMPLES = 30
DOCUMENT = json.loads(json.dumps(api.document))
MEMBERS = {"type": str, "title": str, "status": int, "detail": str, "request_id": str}

schema = schemathesis.openapi.from_dict(DOCUMENT)
schema.config.generation.update(with_security_parameters=False)  # the session below is signed in


@pytest.fixture(scope="module")
def open_site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running site with two users, on the engine of this run."""
    with ExitStack() as stack:
        variables = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD}
        if engine() == "postgresql":
            variables["DATABASE_URL"] = stack.enter_context(request.getfixturevalue("postgres").database())
        folder = tmp_path_factory.mktemp("schemathesis")
        yield stack.enter_context(running_site(folder, prepare=prepared, **variables))


def prepared(site: Site) -> None:
    """Make both users and let them write fast."""
    site.manage("shell", "--verbosity=0", "--command", PREPARE)


@pytest.fixture(scope="module")
def visitor(open_site: Site) -> Iterator["Visitor"]:
    """A signed-in session."""
    with requests.Session() as session:
        yield Visitor(session, open_site.url)


class Visitor:
    """Somebody who is signed in, and makes things for the requests to be about."""

    def __init__(self, session: requests.Session, url: str) -> None:
        self.session, self.url = session, url
        page = f"{url}/accounts/login/"
        session.get(page)
        form = {"username": "root", "password": PASSWORD, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
        assert session.post(page, form, allow_redirects=False).status_code == 302
        session.headers["X-CSRFToken"] = session.cookies["csrftoken"]

    def made(self, path: str, **request: Any) -> int:
        """Return the id of something new."""
        response = self.session.post(f"{self.url}/api{path}", **request)
        assert response.status_code == 201, response.text
        return int(response.json()["id"])

    def things(self, names: set[str]) -> dict[str, int]:
        """Return the ids of new things for parameters of these names."""
        things = {"member_id": 1}
        if names & {"conversation_id", "message_id"}:
            conversation = self.made("/conversations", json={"title": "A talk"})
            message = self.made(f"/conversations/{conversation}/messages", json={"text": "An apple"})
            positions = dict.fromkeys(("message_id", "before", "after", "around"), message)
            things |= {"conversation_id": conversation, **positions}
        if "import_id" in names:
            things["import_id"] = self.file_id
        return things

    @cached_property
    def file_id(self) -> int:
        """The id of an import."""
        return self.made("/imports", files={"file": ("talk.jsonl", FILE)})


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_documented_and_every_error_a_problem(case: Any, visitor: Visitor) -> None:
    aim(case, visitor.things(set(case.path_parameters or {})))
    response = case.call(base_url=visitor.url, session=visitor.session)
    case.validate_response(
        response,
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
            errors_are_problems,
        ],
    )


def aim(case: Any, things: dict[str, int]) -> None:
    """Let two ids and names of three be of what is there; the rest stay as odd as they were made."""
    for parameters in (case.path_parameters, case.query):
        for name, value in (parameters or {}).items():
            if name in things and isinstance(value, int) and value % 3:
                parameters[name] = things[name]
    if isinstance(case.body, dict) and len(str(case.body.get("username", ""))) % 3:
        case.body["username"] = GUEST


def errors_are_problems(_context: Any, response: Any, _case: Any) -> None:
    """Every error is a whole problem document about this request."""
    if response.status_code < 400:
        return
    assert response.headers["content-type"] == ["application/problem+json"]
    problem = response.json()
    assert all(isinstance(problem[name], kind) and problem[name] for name, kind in MEMBERS.items()), problem
    assert problem["status"] == response.status_code
    assert [problem["request_id"]] == response.headers["x-request-id"]


def test_the_server_serves_the_document_that_was_tested(visitor: Visitor) -> None:
    assert requests.get(f"{visitor.url}/api/openapi.json").json() == DOCUMENT
