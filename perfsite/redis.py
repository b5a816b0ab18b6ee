"""Where Redis is, from REDIS_URL or its parts."""

from urllib.parse import quote, urlencode

from perfsite.env import Environment


def redis_url(env: Environment) -> str:
    """Return one URL for every Redis client, empty without Redis; raise ImproperlyConfigured on contradictions."""
    env.contradiction("REDIS_URL", "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD", "REDIS_DB")
    authority = env.text("REDIS_TLS_CA")
    query = f"?{urlencode({'ssl_ca_certs': authority})}" if authority else ""
    if url := env.url("REDIS_URL", schemes=("redis", "rediss", "unix")):
        return url.geturl() + query
    host = env.text("REDIS_HOST")
    if not host:
        return ""
    password = env.text("REDIS_PASSWORD")
    port = env.integer("REDIS_PORT", 6379, minimum=1, maximum=65535)
    database = env.integer("REDIS_DB", 0, minimum=0, maximum=1_000_000)
    scheme = "rediss" if authority else "redis"
    login = f":{quote(password, safe='')}@" if password else ""
    return f"{scheme}://{login}{host}:{port}/{database}{query}"
