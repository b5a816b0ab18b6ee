"""Two processes, and the embedded default, with an endpoint that says what the test has it say."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.servers.site import Site, running_site
from tests.servers.upstream import Upstream, running_upstream
from tests.stack.assistant.room import Room, rooms

Pair = tuple[Site, Site]


@pytest.fixture(scope="package")
def upstream() -> Iterator[Upstream]:
    """The endpoint."""
    with running_upstream() as server:
        yield server


@pytest.fixture(scope="package")
def full(
    upstream: Upstream, postgres: Postgres, redis_server: Redis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """Two processes on one Postgres and one Redis."""
    with ExitStack() as stack:
        shared = {
            "DATABASE_URL": stack.enter_context(postgres.database()),
            "REDIS_URL": redis_server.url(),
            "SECRET_KEY": "k" * 50,
            "ASSISTANT_BASE_URL": upstream.url,
            "ASSISTANT_API_KEY": "a-key",
            "ASSISTANT_MODEL": "a-model",
        }
        one = stack.enter_context(running_site(tmp_path_factory.mktemp("one"), **shared))
        yield one, stack.enter_context(running_site(tmp_path_factory.mktemp("two"), migrate=False, **shared))


@pytest.fixture(scope="package")
def embedded(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """The embedded default: one process, which is both."""
    with running_site(tmp_path_factory.mktemp("embedded"), ASSISTANT_BASE_URL=upstream.url) as site:
        yield site, site


@pytest.fixture(scope="package")
def full_rooms(full: Pair) -> Iterator[Room]:
    """Conversations on the two processes."""
    return rooms(full)


@pytest.fixture(scope="package")
def embedded_rooms(embedded: Pair) -> Iterator[Room]:
    """Conversations on the one."""
    return rooms(embedded)


@pytest.fixture(params=["full", "embedded"])
def room(request: pytest.FixtureRequest) -> Room:
    """A conversation with an assistant: ann talks to the one process, bob to the other."""
    found: Room = next(request.getfixturevalue(f"{request.param}_rooms"))
    return found


@pytest.fixture
def embedded_room(embedded_rooms: Iterator[Room]) -> Room:
    """The same, on one process."""
    return next(embedded_rooms)


@pytest.fixture
def full_room(full_rooms: Iterator[Room]) -> Room:
    """The same, on two processes."""
    return next(full_rooms)
