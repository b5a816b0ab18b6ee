"""Where tasks go, from CELERY_BROKER_URL."""

from perfsite.env import Environment, hidden, invalid

IN_PROCESS = "memory://"
SCHEMES = ("redis", "rediss", "sentinel", "amqp", "amqps")


def broker_url(env: Environment) -> str:
    """Return Celery's broker, the web process itself by default; raise ImproperlyConfigured for another kind."""
    url = env.text("CELERY_BROKER_URL", IN_PROCESS)
    if url == IN_PROCESS:
        return url
    for one in url.split(";"):
        scheme, separator, rest = one.partition("://")
        if scheme not in SCHEMES or not separator or not rest:
            expected = f"memory:// or a broker's URL that begins with {' or '.join(f'{name}:' for name in SCHEMES)}"
            raise invalid("CELERY_BROKER_URL", hidden(one), expected)
    return url
