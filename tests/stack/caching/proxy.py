"""A TCP proxy whose connections can be cut, silenced and led elsewhere, all or only those that listen to the bus."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

Manner = Literal["open", "silent", "closed"]


class Proxy:
    """Runs in a thread of its own; its switches may be turned from any other."""

    def __init__(self, target: int) -> None:
        self.port, self.target = 0, target
        self._of_bus: Manner = "open"
        self._of_all: Manner = "open"
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._links: dict[asyncio.StreamWriter, list[bool]] = {}

    def cut(self, *, only_bus: bool = False) -> None:
        """Close the connections there are."""
        self._loop.call_soon_threadsafe(self._close, only_bus)

    def lead(self, target: int) -> None:
        """Lead new connections there, and close those that lead elsewhere."""
        self.target = target
        self.cut()

    def be(self, manner: Manner, *, only_bus: bool = False) -> None:
        """Pass bytes on, swallow them, or take no connection."""
        if only_bus:
            self._of_bus = manner
        else:
            self._of_all = manner
        if manner == "closed":
            self.cut(only_bus=only_bus)

    def run(self, started: threading.Event) -> None:
        """Serve until stopped. Blocks."""
        self._loop.run_until_complete(self._serve(started))
        self._loop.close()

    def stop(self) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._stopping.set)

    async def _serve(self, started: threading.Event) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self._stopping.wait()
        server.close()
        self._close(False)
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)
        await asyncio.sleep(0)  # the last transports close

    def _close(self, only_bus: bool) -> None:
        for writer, is_bus in list(self._links.items()):
            if is_bus[0] or not only_bus:
                writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_bus = [False]
        self._links[writer] = is_bus
        try:
            if self._of_all == "closed":
                return
            there = await asyncio.open_connection("127.0.0.1", self.target)
            back = asyncio.ensure_future(self._pump(there[0], writer, is_bus))
            await self._pump(reader, there[1], is_bus, is_asking=True)
            there[1].close()
            await back
        except OSError:
            return
        finally:
            self._links.pop(writer)
            writer.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_bus: list[bool], *, is_asking: bool = False
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                if is_asking and b"SUBSCRIBE" in data:
                    is_bus[0] = True
                manner = self._of_bus if is_bus[0] and self._of_all == "open" else self._of_all
                if manner == "closed":
                    break
                if manner == "open":
                    writer.write(data)
                    await writer.drain()
        writer.transport.abort()


@contextmanager
def running_proxy(target: int) -> Iterator[Proxy]:
    """Yield a proxy to the port."""
    proxy, started = Proxy(target), threading.Event()
    thread = threading.Thread(target=proxy.run, args=(started,), daemon=True)
    thread.start()
    assert started.wait(10), "the proxy did not start"
    try:
        yield proxy
    finally:
        proxy.stop()
        thread.join(timeout=5)
