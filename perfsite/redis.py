"""Where Redis is, from REDIS_URL or its parts."""

import re
from urllib.parse import SplitResult, quote, urlencode

from django.core.exceptions import ImproperlyConfigured

from apps.backplane.topology import SENTINEL, address_of, topology_of
from perfsite.env import Environment, hidden, invalid

HOST = ("REDIS_HOST", "REDIS_PORT")
SENTINELS = ("REDIS_SENTINEL_HOSTS", "REDIS_MASTER_NAME")
PARTS = (*HOST, "REDIS_PASSWORD", "REDIS_DB", *SENTINELS)
MASTER_NAME = "mymaster"  # what Redis's own examples call it


def redis_url(env: Environment) -> str:
    """Return one URL for every Redis client, empty without Redis; raise ImproperlyConfigured on contradictions."""
    env.contradiction("REDIS_URL", *PARTS)
    authority = env.text("REDIS_TLS_CA")
    if url := env.url("REDIS_URL", schemes=("redis", "rediss", "unix")):
        require_complete(url)
        return with_authority(env.text("REDIS_URL"), authority)
    return url_of_parts(env, authority)


def url_of_parts(env: Environment, authority: str) -> str:
    """Return the URL that the parts describe, empty without a host; raise when parts are set without it."""
    env.contradiction("REDIS_SENTINEL_HOSTS", *HOST)
    place = sentinels_place(env) or host_place(env)
    if not place:
        for name in (*PARTS, "REDIS_TLS_CA"):
            env.requires(name, "REDIS_HOST, REDIS_SENTINEL_HOSTS or REDIS_URL")
        return ""
    scheme, where = place
    password = env.text("REDIS_PASSWORD")
    database = env.integer("REDIS_DB", 0, minimum=0, maximum=1_000_000)
    login = f":{quote(password, safe='')}@" if password else ""
    query = f"?{urlencode({'ssl_ca_certs': authority})}" if authority else ""
    return f"{'rediss' if authority else 'redis'}{scheme}://{login}{where}/{database}{query}"


def host_place(env: Environment) -> tuple[str, str] | None:
    """Return the one server, None where none is named."""
    host = env.text("REDIS_HOST")
    return ("", f"{host}:{env.integer('REDIS_PORT', 6379, minimum=1, maximum=65535)}") if host else None


def sentinels_place(env: Environment) -> tuple[str, str] | None:
    """Return the Sentinels and the primary's name, None where none is named."""
    hosts = env.items("REDIS_SENTINEL_HOSTS", valid=is_address, expected="a host, or host:port")
    if not hosts:
        env.requires("REDIS_MASTER_NAME", "REDIS_SENTINEL_HOSTS")
        return None
    name = env.text("REDIS_MASTER_NAME", MASTER_NAME)
    if not re.fullmatch(r"[A-Za-z0-9._-]+", name):
        raise invalid("REDIS_MASTER_NAME", name, "a name as the Sentinels know it: letters, digits, dots, dashes")
    return SENTINEL, f"{','.join(hosts)}/{name}"


def is_address(text: str) -> bool:
    """Return whether a Sentinel can be there."""
    try:
        address_of(text)
    except ValueError:
        return False
    return True


def require_complete(url: SplitResult) -> None:
    """Raise ImproperlyConfigured where a client would guess (redis-py takes database 0 for what it cannot read)."""
    if url.scheme == "unix":
        if not url.path.startswith("/"):
            raise invalid("REDIS_URL", hidden(url.geturl()), "a URL with the socket's path, as unix:///run/redis.sock")
    elif not url.hostname or not re.fullmatch(r"/?[0-9]*", url.path) or url.fragment:
        raise invalid("REDIS_URL", hidden(url.geturl()), "a URL as in redis://:password@host:6379/0")


def with_authority(url: str, authority: str) -> str:
    """Return the URL with the certificate authority to trust; raise when the connection is not encrypted."""
    if not authority:
        return url
    if not url.startswith("rediss:"):
        raise ImproperlyConfigured("REDIS_TLS_CA needs an encrypted connection: REDIS_URL begins with rediss: then.")
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'ssl_ca_certs': authority})}"


def channel_host(url: str) -> str | dict[str, object]:
    """Return the URL as channels-redis takes it: Sentinels go by their addresses."""
    topology = topology_of(url)
    if not topology.sentinels:
        return url
    return {"sentinels": list(topology.sentinels), "master_name": topology.primary}
