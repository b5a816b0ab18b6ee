"""`manage.py fake_assistant` as a process: an endpoint whose faults the test chooses while it runs."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.process import ServerProcess, free_port
from tests.servers.site import MANAGE, PROJECT, clean_environment


class Assistant:
    """The endpoint at a port, running or not."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self._directory = directory
        self._process: ServerProcess | None = None

    @property
    def url(self) -> str:
        """The base URL to configure."""
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        """Start it and wait until it answers."""
        env = clean_environment(DATA_DIR=str(self._directory), PYTHONUNBUFFERED="1")
        command = [*MANAGE, "fake_assistant", f"--port={self.port}"]
        self._process = ServerProcess(command, log=self._directory / "assistant.log", env=env, cwd=PROJECT)
        self._process.wait_until(self._answers)

    def stop(self) -> None:
        """End it; who connects is refused."""
        if self._process is not None:
            self._process.kill()

    def upset(self, **faults: float) -> None:
        """Change its faults."""
        self._called("/faults", json.dumps(faults).encode())

    def stats(self) -> dict[str, int]:
        """Return what was asked, and how it ended."""
        return dict(self._called("/stats"))

    def _answers(self) -> bool:
        try:
            return "requests" in self.stats()
        except OSError:
            return False

    def _called(self, path: str, body: bytes | None = None) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", body, timeout=10) as response:
            return json.load(response)


@contextmanager
def running_assistant(directory: Path) -> Iterator[Assistant]:
    """Yield the endpoint, running."""
    assistant = Assistant(directory)
    assistant.start()
    try:
        yield assistant
    finally:
        assistant.stop()
