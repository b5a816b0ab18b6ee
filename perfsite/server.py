"""The server around the application: its socket and its processes."""

import signal
import socket
from types import FrameType

import uvicorn
from django.conf import settings
from uvicorn.supervisors import Multiprocess

from perfsite.edge.protocol import STALL_SECONDS

BACKLOG = 2048
SOCKET_MAX_BYTES = 1024 * 1024  # of one frame; what a policy allows is less


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; raise OSError when the address cannot be had.

    A client that takes nothing for too long is dropped by the kernel: its buffers would wait for it for ever.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(STALL_SECONDS * 1000))
    return listener


def configuration(*, workers: int) -> uvicorn.Config:
    """Return uvicorn's configuration. The application goes by name: each process makes its own."""
    return uvicorn.Config(
        "perfsite.asgi:application",
        workers=workers,
        loop="uvloop",
        http="perfsite.head:Protocol",
        ws="websockets-sansio",
        ws_max_size=SOCKET_MAX_BYTES,
        ws_per_message_deflate=False,  # docs/decisions/0011: about 30 KB a socket
        lifespan="on",
        proxy_headers=bool(settings.TRUSTED_PROXIES),
        forwarded_allow_ips=settings.TRUSTED_PROXIES,
        server_header=False,
        access_log=False,
        log_config=None,
        log_level="warning",
        backlog=BACKLOG,
        timeout_graceful_shutdown=settings.REQUEST_TIMEOUT_SECONDS,
    )


def run(listener: socket.socket, *, workers: int) -> None:
    """Serve until told to stop; blocks. Requests under way are finished first.

    More workers are spawned, not forked: nothing of this process is shared but the socket.
    """
    config = configuration(workers=workers)
    if workers > 1:
        Multiprocess(config, sockets=[listener]).run()
        return
    for number in (signal.SIGINT, signal.SIGTERM):  # uvicorn repeats the signal when it has stopped
        signal.signal(number, ignore)
    uvicorn.Server(config).run(sockets=[listener])


def ignore(_number: int, _frame: FrameType | None) -> None:
    """Let a signal pass: what it asked for has been done."""
