"""The drill of a failover, on a site whose Redis is watched by Sentinels."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.servers.postgres import Postgres
from tests.servers.sentinel import NAME, Sentinels, running_sentinels
from tests.servers.site import Site, running_site

HELD = "Held: everybody was answered, and all is well again."


@pytest.fixture(scope="module")
def sentinels() -> Iterator[Sentinels]:
    with running_sentinels() as running:
        yield running


@pytest.fixture(scope="module")
def site(postgres: Postgres, sentinels: Sentinels, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of two processes."""
    with ExitStack() as stack:
        variables = {
            "DATABASE_URL": stack.enter_context(postgres.database()),
            "REDIS_SENTINEL_HOSTS": sentinels.hosts,
            "REDIS_MASTER_NAME": NAME,
        }
        yield stack.enter_context(running_site(tmp_path_factory.mktemp("site"), "--workers=2", **variables))


def test_nobody_is_left_without_an_answer_while_another_redis_becomes_the_primary(
    site: Site, sentinels: Sentinels
) -> None:
    before = sentinels.primary()
    done = site.manage("drill", "redis-failover", f"--url={site.url}", "--users=2", "--seconds=4", "--wait=30")
    assert HELD in done.stdout
    assert sentinels.primary() != before
