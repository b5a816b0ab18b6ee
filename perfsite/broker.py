"""Where tasks go, from CELERY_BROKER_URL."""

from typing import Any

from perfsite.env import Environment, hidden, invalid

WITHIN = "memory://"
IN_PROCESS = "memory://localhost/"  # kombu warns of a URL without a host
SCHEMES = ("redis", "rediss", "sentinel", "amqp", "amqps")
CONNECT_SECONDS = 1.0  # a request queues its task: a host that answers nothing must not hold it for minutes
ANSWER_SECONDS = 3.0  # more than the second for which a worker waits for its next task


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


def broker_options(url: str) -> dict[str, Any]:
    """Return kombu's transport options for the broker at the URL; times in seconds."""
    if url == IN_PROCESS:
        return {"polling_interval": 0.1}
    if url.startswith("amqp"):
        return {}  # Celery bounds its connect by itself
    return {"socket_connect_timeout": CONNECT_SECONDS, "socket_timeout": ANSWER_SECONDS, "max_retries": 0}
