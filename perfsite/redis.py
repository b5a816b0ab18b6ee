"""Where Redis is, from REDIS_URL or its parts."""

import re
from urllib.parse import SplitResult, quote, urlencode

from django.core.exceptions import ImproperlyConfigured

from perfsite.env import Environment, hidden, invalid

PARTS = ("REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD", "REDIS_DB")


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
    host = env.text("REDIS_HOST")
    if not host:
        for name in (*PARTS, "REDIS_TLS_CA"):
            env.requires(name, "REDIS_HOST or REDIS_URL")
        return ""
    password = env.text("REDIS_PASSWORD")
    port = env.integer("REDIS_PORT", 6379, minimum=1, maximum=65535)
    database = env.integer("REDIS_DB", 0, minimum=0, maximum=1_000_000)
    login = f":{quote(password, safe='')}@" if password else ""
    query = f"?{urlencode({'ssl_ca_certs': authority})}" if authority else ""
    return f"{'rediss' if authority else 'redis'}://{login}{host}:{port}/{database}{query}"


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
