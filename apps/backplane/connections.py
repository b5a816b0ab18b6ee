"""Where clients of Redis come from: named, bounded in time. Sentinel and Cluster change this file alone."""

from redis import Redis

CONNECT_SECONDS = 2.0


def redis_client(
    url: str,
    *,
    purpose: str,
    timeout_seconds: float,
    connect_seconds: float = CONNECT_SECONDS,
    connections: int = 4,
) -> "Redis":
    """Return a client that shows as perfsite:PURPOSE in CLIENT LIST and waits no longer than the timeouts."""
    return Redis.from_url(
        url,
        client_name=f"perfsite:{purpose}",
        socket_connect_timeout=connect_seconds,
        socket_timeout=timeout_seconds,
        socket_keepalive=True,
        retry=None,
        max_connections=connections,
    )
