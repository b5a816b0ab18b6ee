"""Large bodies through the edge: how fast, and what they cost the server's memory."""

import socket
import time
from typing import Any

import psutil

MEGABYTE = 1024 * 1024


def measure(server: psutil.Process, port: int, *, megabytes: int) -> list[dict[str, Any]]:
    """Return seconds and resident memory before and at its peak, in MiB, of a download and an upload."""
    results = []
    for name, move in (("download", download), ("upload", upload)):
        before = peak = server.memory_info().rss
        started = time.perf_counter()
        for _ in move(port, megabytes):
            peak = max(peak, server.memory_info().rss)
        seconds = time.perf_counter() - started
        results.append(
            {
                "transfer": name,
                "megabytes": megabytes,
                "seconds": seconds,
                "memory_before": before / MEGABYTE,
                "memory_peak": peak / MEGABYTE,
            }
        )
    return results


def download(port: int, megabytes: int) -> Any:
    """Yield after each megabyte received."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"GET /download/{megabytes} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        received = told = 0
        while data := connection.recv(MEGABYTE):
            received += len(data)
            if received - told > MEGABYTE:
                told = received
                yield
        if received < megabytes * MEGABYTE:
            raise RuntimeError(f"only {received} bytes came")


def upload(port: int, megabytes: int) -> Any:
    """Yield after each megabyte sent."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        length = megabytes * MEGABYTE
        connection.sendall(f"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode())
        for _ in range(megabytes):
            connection.sendall(b"u" * MEGABYTE)
            yield
        answer = b""
        while b'"size"' not in answer and (data := connection.recv(MEGABYTE)):
            answer += data
        if str(length).encode() not in answer:
            raise RuntimeError(answer.decode())
