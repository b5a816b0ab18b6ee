"""The channel layer: a message there and back."""

import asyncio
import time
from typing import Any

from channels.layers import get_channel_layer

from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.finding import Finding

SECONDS = 0.6


class ChannelsCheck(Check):
    """Has a loop of its own, as a consumer has, and keeps its connections while they are good."""

    name = "channels"
    is_blocking = True
    is_of_process = True

    def __init__(self) -> None:
        self._runner: asyncio.Runner | None = None
        self._channel = ""

    def look(self) -> list[Finding]:
        """Return how long it took; raise TimeoutError, or what the layer raises."""
        self._runner = self._runner or asyncio.Runner()
        began = time.perf_counter()
        try:
            self._channel = self._runner.run(round_trip(get_channel_layer(), self._channel))
        except BaseException:  # raised again: a loop that was interrupted is not used again
            self.close()
            raise
        taken = round((time.perf_counter() - began) * 1000, 2)
        return [Finding(measurement="responseTime", value=taken, unit="ms")]

    def close(self) -> None:
        """End the loop and its connections."""
        if self._runner is not None:
            self._runner.close()
        self._runner, self._channel = None, ""


async def round_trip(layer: Any, channel: str) -> str:
    """Send oneself a message and wait for it; return the channel, for the next time."""
    async with asyncio.timeout(SECONDS):
        name: str = channel or await layer.new_channel()
        await layer.send(name, {"type": "health"})
        await layer.receive(name)
    return name
