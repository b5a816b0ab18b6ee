"""The name of this process on the bus."""

import os
import secrets
import socket


def new_origin() -> str:
    """Return host, process id and a random word: never the same twice, readable in a dashboard."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
