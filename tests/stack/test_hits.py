"""Real servers: the second request is answered from memory, and what is over is over on every process."""

import http.client
import itertools
import re
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass

import pytest

from tests.servers.deadline import eventually
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.servers.site import Site, running_site
from tests.stack.live.people import CSRF, People, called, people, shell

Connect = Callable[[], http.client.HTTPConnection]
Warmed = Callable[[str, str], list[http.client.HTTPConnection]]
HIT, SHARED = "perfsite; hit; detail=L2", "perfsite; hit; detail=L1"
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="(\w{64})"')
names = (f"hits{number}" for number in itertools.count())
CONNECTIONS = 8
INACTIVE = """
from apps.chat.models import User
User.objects.filter(pk=USER).update(is_active=False)
print("done", 1)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    status_of_cache: str
    etag: str
    body: bytes


def got(connection: http.client.HTTPConnection, path: str, cookies: str, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = asked(connection, path, {"Cookie": cookies, "Accept": "application/json", **named})
    body = answer.read()
    header = answer.headers.get
    return Answer(status=answer.status, status_of_cache=header("Cache-Status", ""), etag=header("ETag", ""), body=body)


def asked(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> http.client.HTTPResponse:
    """Return the answer, on a new connection where the server has closed one that was quiet for five seconds."""
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse()
    except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
        connection.close()
        connection.request("GET", path, headers=headers)
        return connection.getresponse()


@pytest.fixture
def connect(served: Site) -> Iterator[Connect]:
    """Open connections, which end with the test."""
    with ExitStack() as stack:

        def opened() -> http.client.HTTPConnection:
            return stack.enter_context(closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)))

        yield opened


@pytest.fixture(scope="module", params=["embedded", "two workers"])
def served(
    request: pytest.FixtureRequest,
    postgres: Postgres,
    redis_server: Redis,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """The embedded site, and one of two processes with Postgres and Redis."""
    directory = tmp_path_factory.mktemp("hits")
    if request.param == "embedded":
        with running_site(directory) as site:
            yield site
        return
    with (
        postgres.database() as url,
        running_site(
            directory, "--workers=2", DATABASE_URL=url, REDIS_URL=redis_server.url(), SECRET_KEY="k" * 50
        ) as site,
    ):
        yield site


@pytest.fixture
def pair(served: Site) -> tuple[People, str, str]:
    """An owner, a member, and their conversation."""
    owner, member = next(names), next(names)
    crowd = people(served, owner, member)
    path = f"/conversations/{crowd.conversations[0]}/messages"
    status, _ = called(served, crowd.cookies(owner), "POST", path, {"text": "the first word"})
    assert status == 201
    return crowd, owner, member


@pytest.fixture
def warmed(connect: Connect) -> Callable[[str, str], list[http.client.HTTPConnection]]:
    """Open connections, on whichever processes, that are all answered from memory."""

    def opened(path: str, cookies: str) -> list[http.client.HTTPConnection]:
        found = [connect() for _ in range(CONNECTIONS)]
        for connection in found:
            eventually(lambda connection=connection: got(connection, path, cookies).status_of_cache in {HIT, SHARED})  # type: ignore[misc]
        return found

    return opened


def test_the_second_request_and_a_304_come_from_memory(warmed: Warmed, pair: tuple[People, str, str]) -> None:
    crowd, owner, _ = pair
    path = f"/api/conversations/{crowd.conversations[0]}/messages"
    connection = warmed(path, crowd.cookies(owner))[0]
    hit = got(connection, path, crowd.cookies(owner))
    unchanged = got(connection, path, crowd.cookies(owner), If_None_Match=hit.etag)
    assert (hit.status, unchanged.status, unchanged.body) == (200, 304, b"")
    assert b"the first word" in hit.body
    assert unchanged.status_of_cache == SHARED
    connection.request("HEAD", path, headers={"Cookie": crowd.cookies(owner), "Accept": "application/json"})
    head = connection.getresponse()
    assert (head.status, head.read(), head.headers["Content-Length"]) == (200, b"", str(len(hit.body)))


def test_a_page_from_memory_has_a_form_that_works_without_scripts(
    warmed: Warmed, pair: tuple[People, str, str]
) -> None:
    crowd, owner, _ = pair
    path, cookies = f"/c/{crowd.conversations[0]}/", crowd.cookies(owner)
    connection = warmed(path, cookies)[0]
    page = got(connection, path, cookies)
    [token] = TOKEN.findall(page.body)
    form = urllib.parse.urlencode({"csrfmiddlewaretoken": token.decode(), "text": "sent by a form"})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", path, form, {"Cookie": cookies, **kind})
    answer = connection.getresponse()
    answer.read()
    assert (page.status_of_cache, answer.status) == (HIT, 302)
    assert CSRF.encode() not in page.body
    assert b"sent by a form" in got(connection, path, cookies).body


@pytest.mark.parametrize("end", ["removed", "signed out", "deactivated elsewhere"])
def test_what_is_over_is_over_on_every_process(
    served: Site, connect: Connect, warmed: Warmed, pair: tuple[People, str, str], end: str
) -> None:
    crowd, owner, member = pair
    where, cookies = crowd.conversations[0], crowd.cookies(member)
    path = f"/api/conversations/{where}/messages"
    connections = warmed(path, cookies)
    if end == "removed":
        status, _ = called(
            served, crowd.cookies(owner), "DELETE", f"/conversations/{where}/members/{crowd.users[member]}"
        )
        assert status == 204
    elif end == "signed out":
        sign_out(connect(), cookies)
    else:
        shell(served, INACTIVE.replace("USER", str(crowd.users[member])), "done")
    expected = 404 if end == "removed" else 401
    seconds = 5.5 if end == "deactivated elsewhere" else 1.0  # beside the embedded server nothing tells it
    for connection in connections:
        eventually(
            lambda connection=connection: got(connection, path, cookies).status == expected,  # type: ignore[misc]
            seconds=seconds,
        )
    assert {got(connection, path, cookies).status for connection in connections} == {expected}


def sign_out(connection: http.client.HTTPConnection, cookies: str) -> None:
    """Sign out by the form."""
    form = urllib.parse.urlencode({"csrfmiddlewaretoken": CSRF})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/accounts/logout/", form, {"Cookie": cookies, **kind})
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (302, b"")
