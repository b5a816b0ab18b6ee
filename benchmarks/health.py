"""What 1,000 probes a second cost a running site, above what it costs without them.

python -m benchmarks.health [SECONDS], so many for each of five turns of a row (4). Embedded, one process; probes over
kept connections; the rows take turns, and the median of each is told.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

PACKAGES = ("django", "uvicorn", "uvloop")
PROBES_PER_SECOND, CONNECTIONS, TURNS = 1_000, 10, 5
TOKEN = "benchmark"
PATHS = ("/livez", "/readyz", "/api/health", "/api/health/detailed")
HEAD = "GET {} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n"
BARE = """
import sys
import uvicorn

BODY = b'{"status":"pass","version":"0","releaseId":"0.1.0","serviceId":"perfsite"}'
HEADERS = [(b"content-type", b"application/health+json"), (b"content-length", b"%d" % len(BODY))]


async def application(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


uvicorn.run(
    application, port=int(sys.argv[1]), loop="uvloop", http="httptools", log_level="error", access_log=False,
    lifespan="off",
)
"""
UNREAD = """
import asyncio
import sys
import uvloop

BODY = b'{"status":"pass","version":"0","releaseId":"0.1.0","serviceId":"perfsite"}'
HEAD = b"HTTP/1.1 200 OK\\r\\ncontent-type: application/health+json\\r\\ncontent-length: %d\\r\\n\\r\\n"
ANSWER = HEAD % len(BODY) + BODY


class Protocol(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(ANSWER)


async def main():
    server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


uvloop.run(main())
"""
FLOORS = {"a bare uvicorn, the same answer": BARE, "uvloop alone, no request read": UNREAD}
NOTES = (
    "Processor time of the server process, as a share of one core, medians of five turns. Idle: nobody probes. A row "
    "sends 1,000 GETs a second over ten connections, and every answer is read; the checks run once a second meanwhile, "
    "but for /livez. The last row reads no request: it wakes up, receives, sends the same bytes, and sleeps. The goal "
    "is 5% above idle."
)


def main(seconds: float) -> None:
    """Start a site and what it is compared with, measure and publish."""
    import tests.environment  # noqa: F401  (the collected static files)
    from benchmarks.report import publish
    from tests.servers.site import running_site

    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="perfsite-health-"))
        site = stack.enter_context(running_site(Path(folder), METRICS_TOKEN=TOKEN))
        asyncio.run(probed(site.port, "/readyz", 1.0))
        server = psutil.Process(site.process.pid), site.port
        asked = {path: (*server, path) for path in PATHS} | {"idle": (*server, None)}
        for name, program in FLOORS.items():
            asked[name] = (*stack.enter_context(running(program)), "/livez")
        shares: dict[str, list[float]] = {name: [] for name in asked}
        for _ in range(TURNS):
            for name, (process, port, path) in asked.items():
                shares[name].append(busy(process, seconds, path, port))
    medians = {name: statistics.median(found) for name, found in shares.items()}
    rows = [{"": "idle", "core": f"{medians['idle']:.1%}", "above idle": "", "µs a probe": ""}]
    rows += [row(path, medians[path], medians["idle"]) for path in PATHS]
    rows += [row(name, medians[name], 0.0) for name in FLOORS]
    publish("health", "Health: what 1,000 probes a second cost", rows, packages=PACKAGES, notes=NOTES)


def row(name: str, share: float, idle: float) -> dict[str, str]:
    """Return a row of the table."""
    above = share - idle
    probe = f"{above / PROBES_PER_SECOND * 1e6:.0f}"
    return {"": name, "core": f"{share:.1%}", "above idle": f"{above:.1%}", "µs a probe": probe}


@contextmanager
def running(program: str) -> Iterator[tuple[psutil.Process, int]]:
    """Run a server without an application: no application's answer costs less."""
    from tests.servers.process import free_port, listening

    port = free_port()
    bare = subprocess.Popen([sys.executable, "-c", program, str(port)])
    try:
        while not listening(port):
            time.sleep(0.05)
        yield psutil.Process(bare.pid), port
    finally:
        bare.kill()
        bare.wait()


def busy(server: psutil.Process, seconds: float, path: str | None, port: int) -> float:
    """Return the share of a core that the server used."""
    before, began = server.cpu_times(), time.perf_counter()
    if path is None:
        time.sleep(seconds)
    else:
        asyncio.run(probed(port, path, seconds))
    after, took = server.cpu_times(), time.perf_counter() - began
    return (after.user + after.system - before.user - before.system) / took


async def probed(port: int, path: str, seconds: float) -> None:
    """Send probes at their times for so long; raise where one is not answered."""
    each = int(PROBES_PER_SECOND * seconds / CONNECTIONS)
    await asyncio.gather(*(prober(port, path, each, number) for number in range(CONNECTIONS)))


async def prober(port: int, path: str, times: int, number: int) -> None:
    """Send one connection's share; raise where an answer is no 200."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    pause, began = CONNECTIONS / PROBES_PER_SECOND, time.perf_counter() + number / PROBES_PER_SECOND
    for turn in range(times):
        await asyncio.sleep(max(0.0, began + turn * pause - time.perf_counter()))
        writer.write(HEAD.format(path, TOKEN).encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
    writer.close()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 4.0)
