"""What every test may ask for: private servers, databases, running sites."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.environment import engine
from tests.servers.postgres import Postgres, running_postgres
from tests.servers.redis import Redis, running_redis
from tests.servers.site import Site, running_site

REAL_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]


def pytest_configure(config: pytest.Config) -> None:
    """Register our marks."""
    config.addinivalue_line("markers", "soak: has a longer version, run by `make soak`")
    config.addinivalue_line("markers", "engine(name): the test is about this database engine, sqlite or postgresql")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about the other engine: the other pass of `make test` runs it."""
    chosen = {item: item.get_closest_marker("engine") for item in items}
    others = [item for item, marker in chosen.items() if marker and marker.args != (engine(),)]
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A private Postgres cluster, for this test process; databases come from `postgres.database()`."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The URL of an empty Postgres database, the test's own."""
    with postgres.database() as url:
        yield url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """A private Redis, for this test process."""
    with running_redis() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: Redis) -> str:
    """The URL of a private Redis, emptied for the test."""
    redis_server.flush()
    return redis_server.url()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Start real servers: `site("--workers=2", DATABASE_URL=…, REDIS_URL=…)`, each with its own data directory.

    A test names `postgres_url` and `redis_url` before it: what comes first ends last, servers before their stores.
    """
    with ExitStack() as stack:
        names = iter(range(1000))

        def start(*arguments: str, **options: Any) -> Site:
            return stack.enter_context(running_site(tmp_path / f"site{next(names)}", *arguments, **options))

        yield start


@pytest.fixture
def real_password_hashers(settings: Any) -> None:
    """Hash passwords as production does: for tests of signing in itself."""
    settings.PASSWORD_HASHERS = REAL_HASHERS
