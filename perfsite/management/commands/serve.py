"""The production server, embedded or full by environment."""

import os
from argparse import ArgumentParser
from contextlib import closing
from pathlib import Path
from socket import socket
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from redis.exceptions import RedisError

from apps.backplane.connections import redis_client
from apps.backplane.topology import topology_of
from perfsite import server
from perfsite.edge.pool import pool_size

LAST_PORT = 65535
REDIS_SECONDS = 2


class Command(BaseCommand):
    """Checks that serving can work, says what it serves from, and serves."""

    help = "Serve the site. HTTP and WebSockets, one process or several."
    requires_system_checks = "__all__"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare host, port and number of workers."""
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="the port (PORT, else 8000)")
        parser.add_argument("--workers", type=int, default=1, help="processes; more than one needs Redis (1)")

    def handle(self, *_: Any, host: str, port: int, workers: int, **__: Any) -> None:
        """Serve until a signal; raise CommandError when something needed is missing."""
        check_workers(workers)
        check_migrations()
        check_static_files()
        with open_socket(host, port) as listener:
            self.stdout.write(summary(host, listener.getsockname()[1], workers))
            self.stdout.write(redis_warning(settings.REDIS_URL), ending="")
            self.stdout.flush()
            server.run(listener, workers=workers)


def check_workers(workers: int) -> None:
    """Raise CommandError for a number of workers that could not work together."""
    if workers < 1:
        raise CommandError("--workers: at least one worker is needed.")
    if workers > 1 and not settings.REDIS_URL:
        raise CommandError(
            f"--workers {workers} needs Redis: without it each process has its own sockets and tasks, and a message "
            "sent through one would not reach the browsers on another. Set REDIS_URL, or serve with one worker."
        )


def check_migrations() -> None:
    """Raise CommandError unless the database answers and is up to date; leaves no connection open."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise CommandError(f"The database of DATABASE_URL does not answer: {error}") from None
    finally:
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
    if missing:
        raise CommandError(f"{len(missing)} migrations are not applied. Run `manage.py migrate` first.")


def redis_warning(url: str) -> str:
    """Return a line that says Redis does not answer, empty where it does or is not used. Blocks for 2 s at most."""
    if not url:
        return ""
    try:
        client = redis_client(
            url, purpose="start", timeout_seconds=REDIS_SECONDS, connect_seconds=REDIS_SECONDS, connections=1
        )
        with closing(client):
            client.ping()
    except RedisError as error:
        return f"Warning: Redis does not answer ({error}). What needs it waits until it does.\n"
    return ""


def check_static_files() -> None:
    """Raise CommandError when the pages' files were never collected."""
    if not (Path(settings.STATIC_ROOT) / "staticfiles.json").is_file():
        raise CommandError("Static files are not collected. Run `manage.py collectstatic --noinput` first.")


def open_socket(host: str, port: int) -> socket:
    """Return the listening socket; raise CommandError that says what to do instead."""
    if not 0 <= port <= LAST_PORT:
        raise CommandError(f"--port: {port} is not a port; they go from 1 to {LAST_PORT}.")
    try:
        return server.listen(host, port)
    except OSError as error:
        number = error.errno or 0
        reason = os.strerror(number) if number > 0 else str(error)
        other = port + 1 if port < LAST_PORT else settings.PORT
        raise CommandError(f"Cannot listen on {host} port {port}: {reason}. Choose another: PORT={other}.") from None


def summary(host: str, port: int, workers: int) -> str:
    """Return what staff should know about this server, a line each."""
    shown = f"[{host}]" if ":" in host else host
    threads = pool_size(settings.DATABASE_CONNECTION_LIMIT)
    size = f"1 process, {threads} threads" if workers == 1 else f"{workers} processes, {threads} threads each"
    return "\n".join((f"Serving on http://{shown}:{port} ({size})", stores(), transport()))


def stores() -> str:
    """Return where data, cache, sockets and tasks live; never a password."""
    database = settings.DATABASES["default"]
    where = (
        database["NAME"] if connection.vendor == "sqlite" else f"{database['NAME']} on {database['HOST'] or 'a socket'}"
    )
    redis = f"Redis on {redis_place(settings.REDIS_URL)}" if settings.REDIS_URL else ""
    tasks = "run in this process" if settings.CELERY_IN_PROCESS else "wait for workers on the broker"
    return (
        f"Database: {connection.display_name} {where}. Cache: {redis or 'in the database'}. "
        f"Sockets: {redis or 'this process'}. Tasks {tasks}."
    )


def redis_place(url: str) -> str:
    """Return where the URL leads, without its password."""
    topology = topology_of(url)
    if topology.sentinels:
        return f"{topology.primary}, by {len(topology.sentinels)} Sentinels"
    return urlsplit(url).hostname or "a socket"


def transport() -> str:
    """Return what the HTTPS setting means for whoever connects."""
    if settings.HTTPS:
        return "HTTPS=on: expects a TLS proxy in front that sets X-Forwarded-Proto; plain HTTP is redirected."
    return "HTTPS=off: cookies are not Secure and nothing is redirected to HTTPS. For trials on this machine."
