"""Where tasks go, from CELERY_BROKER_URL."""

from perfsite.env import Environment, hidden, invalid

WITHIN = "memory://"
IN_PROCESS = "memory://localhost/"  # kombu warns of a URL without a host
SCHEMES = ("redis", "rediss", "sentinel", "amqp", "amqps")


def broker_url(env: Environment) -> str:
    """Return Celery's broker, the web process itself by default; raise ImproperlyConfigured for another kind."""
    url = env.text("CELERY_BROKER_URL", WITHIN)
    if url == WITHIN:
        return IN_PROCESS
    for one in url.split(";"):
        scheme, separator, rest = one.partition("://")
        if scheme not in SCHEMES or not separator or not rest:
            expected = f"memory:// or a broker's URL that begins with {' or '.join(f'{name}:' for name in SCHEMES)}"
            raise invalid("CELERY_BROKER_URL", hidden(one), expected)
    return url
