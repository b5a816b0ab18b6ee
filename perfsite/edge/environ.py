"""An ASGI scope as the WSGI environ that Django's own handler expects (PEP 3333)."""

import sys
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

from perfsite.edge import request_id
from perfsite.edge.body import Body, Upload
from perfsite.edge.protocol import Scope

Environ = dict[str, Any]


def build_environ(scope: Scope, body: Body | Upload) -> Environ:
    """Return the environ. The path keeps its bytes, as latin-1, even where they are no UTF-8."""
    root: str = scope.get("root_path", "")
    raw = scope.get("raw_path") or scope["path"].encode()
    client, server = scope.get("client") or ("", ""), scope.get("server") or ("localhost", "")
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": root.encode().decode("latin-1"),
        "PATH_INFO": (unquote_to_bytes(raw) if b"%" in raw else raw).decode("latin-1").removeprefix(root),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or ""),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body.file,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    add_headers(environ, scope)
    environ["CONTENT_LENGTH"] = str(body.length or environ.get("CONTENT_LENGTH", ""))
    environ["HTTP_X_REQUEST_ID"] = request_id.current.get()
    return environ


def add_headers(environ: Environ, scope: Scope) -> None:
    """Add the headers; one sent twice is joined as its grammar allows."""
    for name, value in scope["headers"]:
        if key := environ_key(name):
            text = value.decode("latin-1")
            if key in environ:
                text = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}"
            environ[key] = text


@lru_cache(maxsize=512)
def environ_key(name: bytes) -> str:
    """Return the environ's name for a header; empty for one with an underscore, which could pose as another."""
    key = name.decode("latin-1").upper().replace("-", "_")
    if b"_" in name:
        return ""
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
