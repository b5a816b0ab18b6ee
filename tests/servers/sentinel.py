"""A private Redis primary with a replica and three Sentinels, quick to decide."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.servers.deadline import eventually
from tests.servers.process import ServerProcess, free_port
from tests.servers.redis import Redis, answers, redis_binary, running_redis

NAME = "primary"
CONFIG = """port {port}
bind 127.0.0.1
dir {home}
sentinel monitor {name} 127.0.0.1 {primary} 2
sentinel down-after-milliseconds {name} 500
sentinel failover-timeout {name} 3000
sentinel parallel-syncs {name} 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentinels:
    """The servers, those that watch them, and their addresses."""

    servers: tuple[Redis, ...]
    ports: tuple[int, ...]

    @property
    def hosts(self) -> str:
        """As REDIS_SENTINEL_HOSTS."""
        return ",".join(f"127.0.0.1:{port}" for port in self.ports)

    @property
    def url(self) -> str:
        """As perfsite.redis makes it."""
        return f"redis+sentinel://{self.hosts}/{NAME}/0"

    def primary(self) -> int:
        """Return the port of who is the primary now."""
        with redis.Redis(port=self.ports[0]) as client:
            return int(client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)[1])

    def fail_over(self) -> None:
        """Have another be the primary; returns when the Sentinels say so."""
        before = self.primary()
        with redis.Redis(port=self.ports[0]) as client:
            eventually(lambda: accepted(client))
        eventually(lambda: self.primary() != before)


@contextmanager
def running_sentinels() -> Iterator[Sentinels]:
    """Yield them when the Sentinels know of each other and of the replica."""
    with ExitStack() as stack:
        primary = stack.enter_context(running_redis())
        replica = stack.enter_context(running_redis("--replicaof", "127.0.0.1", str(primary.port)))
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="perfsite-sentinels-")))
        ports = tuple(stack.enter_context(running_sentinel(home, primary.port)) for _ in range(3))
        eventually(lambda: all(is_settled(port) for port in ports))
        yield Sentinels(servers=(primary, replica), ports=ports)


@contextmanager
def running_sentinel(home: Path, primary: int) -> Iterator[int]:
    """Yield the port of one more Sentinel."""
    port = free_port()
    config = home / f"{port}.conf"
    config.write_text(CONFIG.format(port=port, home=home, name=NAME, primary=primary))
    process = ServerProcess([redis_binary(), str(config), "--sentinel"], log=home / f"{port}.log")
    try:
        process.wait_until(lambda: answers(Redis(process=process, port=port)))
        yield port
    finally:
        process.kill()


def is_settled(port: int) -> bool:
    """Return whether a Sentinel knows the replica and both of its colleagues."""
    with redis.Redis(port=port, decode_responses=True) as client:
        known = client.execute_command("SENTINEL", "MASTER", NAME)
        told = dict(zip(known[::2], known[1::2], strict=True)) if isinstance(known, list) else known
        return int(told["num-slaves"]) >= 1 and int(told["num-other-sentinels"]) >= 2


def accepted(client: "redis.Redis") -> bool:
    """Return whether a failover was begun; a replica that has only just come is not good enough yet."""
    try:
        client.execute_command("SENTINEL", "FAILOVER", NAME)
    except redis.ResponseError:
        return False
    return True
