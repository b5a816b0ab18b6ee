"""Two processes on one Postgres and one Redis, for tests that leave both running."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.servers.migrated import migrated_database
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.servers.site import Site, running_site

Pair = tuple[Site, Site]


@pytest.fixture(scope="package")
def pair(postgres: Postgres, redis_server: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two servers that share all that servers share; people who are away are missed after five seconds."""
    with ExitStack() as stack:
        shared = {
            "DATABASE_URL": stack.enter_context(migrated_database(postgres)),
            "REDIS_URL": redis_server.url(),
            "SECRET_KEY": "k" * 50,
        }
        one = stack.enter_context(running_site(tmp_path_factory.mktemp("one"), migrate=False, **shared))
        values = ("heartbeat_seconds=1", "presence_seconds=5", "typing_seconds=1")
        one.manage("policies", "set", "live", *values, "--reason", "tests wait for less")
        yield one, stack.enter_context(running_site(tmp_path_factory.mktemp("two"), migrate=False, **shared))
