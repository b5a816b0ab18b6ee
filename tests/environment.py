"""Loaded by pytest before Django's settings: each test process gets its own data directory and its own stores.

TEST_ENGINE=postgresql runs the whole of Django on a private Postgres and Redis; the default is the embedded SQLite.
"""

import atexit
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.project.variables import variables_read
from tests.servers.postgres import running_postgres
from tests.servers.redis import running_redis
from tests.servers.static import collected_static, link_static

ENGINES = ("sqlite", "postgresql")
FAST_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def prepare() -> None:
    """Set the environment of this process, which is a worker of xdist or pytest itself; undone at its exit."""
    held = ExitStack()
    atexit.register(held.close)
    for name in variables_read():
        os.environ.pop(name, None)
    os.environ.update(HTTPS="off", DEMO_PASSWORD="demo")
    root = shared_root(held)
    os.environ.setdefault("TEST_STATIC", str(collected_static(os.environ)))
    data = root / worker()
    link_static(Path(os.environ["TEST_STATIC"]), data)
    os.environ["DATA_DIR"] = str(data)
    if engine() == "postgresql":
        use_servers(held)


def engine() -> str:
    """Return the engine Django runs on in this run."""
    chosen = os.environ.get("TEST_ENGINE", "sqlite")
    assert chosen in ENGINES, f"TEST_ENGINE: {chosen!r} is not one of {ENGINES}"
    return chosen


def worker() -> str:
    """Return the name of this test process."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def shared_root(held: ExitStack) -> Path:
    """Return the run's folder, made and removed by pytest itself, handed down to its workers."""
    if worker() == "main":
        root = tempfile.mkdtemp(prefix="perfsite-tests-")
        held.callback(shutil.rmtree, root, ignore_errors=True)
        os.environ["TEST_ROOT"] = root
    return Path(os.environ["TEST_ROOT"])


def use_servers(held: ExitStack) -> None:
    """Point the settings to a Postgres shared by the workers and to a Redis of this process alone."""
    if "TEST_POSTGRES_URL" not in os.environ:
        os.environ["TEST_POSTGRES_URL"] = held.enter_context(running_postgres()).url()
    redis = held.enter_context(running_redis())
    os.environ.update(
        DATABASE_URL=os.environ["TEST_POSTGRES_URL"],
        REDIS_URL=redis.url(0),
        CELERY_BROKER_URL=redis.url(1),
    )


prepare()


def pytest_configure() -> None:
    """Hash passwords fast and keep the test database in a file, where threads and processes can share it."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = FAST_HASHERS
    if engine() == "sqlite":
        from tests.tuning.flush import let_flush_empty_records

        let_flush_empty_records()
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(settings.DATA_DIR / "test.sqlite3")
