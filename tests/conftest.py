"""What every test may ask for: private servers, databases, running sites."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.environment import ENGINES, engine
from tests.order import arranged, workers
from tests.servers.measured import measure
from tests.servers.migrated import migrated_database
from tests.servers.postgres import Postgres, running_postgres
from tests.servers.redis import Redis, running_redis
from tests.servers.site import Site, running_site

DATABASE = {"db", "transactional_db"}
REAL_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]


def pytest_configure(config: pytest.Config) -> None:
    """Register our marks."""
    config.addinivalue_line("markers", "soak: has a longer version, run by `make soak`")
    config.addinivalue_line("markers", "measured: the processes it starts count for coverage")
    config.addinivalue_line("markers", "engine(*names): the test is about these database engines, sqlite or postgresql")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the other pass of `make test` runs, and bring the rest in order."""
    others = [item for item in items if engine() not in engines(item)]
    if others:
        config.hook.pytest_deselected(items=others)
    left_out = set(others)
    items[:] = arranged([item for item in items if item not in left_out], shares=workers(config))


def engines(item: pytest.Item) -> Sequence[str]:
    """Return the engines a test runs on: those it names, each where it uses Django's database, else the default."""
    if marker := item.get_closest_marker("engine"):
        return marker.args
    uses_database = item.get_closest_marker("django_db") or DATABASE & set(getattr(item, "fixturenames", ()))
    return ENGINES if uses_database else ENGINES[:1]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let the processes that a test and its fixtures start be measured where the test is marked so."""
    measure(wanted=item.get_closest_marker("measured") is not None)


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


@pytest.fixture
def migrated_url(postgres: Postgres) -> Iterator[str]:
    """The URL of a migrated Postgres database, the test's own."""
    with migrated_database(postgres) as url:
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
