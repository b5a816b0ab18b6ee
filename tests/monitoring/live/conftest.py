"""Two worker processes behind one address, on one Redis, for tests that leave them running."""

from collections.abc import Iterator

import pytest

from tests.servers.redis import Redis
from tests.servers.site import Site, running_site


@pytest.fixture(scope="module")
def watched_site(redis_server: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of two workers."""
    folder = tmp_path_factory.mktemp("watched")
    with running_site(folder, "--workers=2", REDIS_URL=redis_server.url(), SECRET_KEY="k" * 50) as site:
        yield site
