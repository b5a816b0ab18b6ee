"""A browser made of a socket: what it sends and what it reads is the test's, byte for byte."""

import re
import socket
from typing import Self


class Wire:
    """One connection to a server on the loopback."""

    def __init__(self, port: int, *, seconds: float = 30, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(seconds)
        self.socket.connect(("127.0.0.1", port))
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def request(self, head: str, body: bytes = b"") -> None:
        """Send a request; the head is given line by line, without Host."""
        first, *lines = head.strip().splitlines()
        self.send("\r\n".join([first, "Host: localhost", *map(str.strip, lines), "", ""]).encode("latin-1") + body)

    def until(self, mark: bytes) -> bytes:
        """Return what comes up to and including the mark; raise EOFError when the server closes before."""
        while mark not in self._rest:
            self._more()
        taken, self._rest = self._rest.split(mark, 1)
        return taken + mark

    def exactly(self, size: int) -> bytes:
        while len(self._rest) < size:
            self._more()
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def response(self, *, has_body: bool = True) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers by lower-case name, and the body by its length or its chunks."""
        status, *lines = self.until(b"\r\n\r\n").decode("latin-1").strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        return int(status.split()[1]), headers, self._body(headers) if has_body else b""

    def at_end(self) -> bytes:
        """Return all that comes until the server closes."""
        try:
            while True:
                self._more()
        except (EOFError, ConnectionResetError):
            return self._rest

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(re.fullmatch(rb"([0-9a-f]+)\r\n", self.until(b"\r\n"))[1], 16):
                body += self.exactly(size)
                self.exactly(2)
            self.exactly(2)
            return body
        return self.exactly(int(headers.get("content-length", 0)))

    def _more(self) -> None:
        data = self.socket.recv(1 << 20)
        if not data:
            raise EOFError(f"closed by the server after {self._rest[-200:]!r}")
        self._rest += data
