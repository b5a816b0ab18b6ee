"""A private Prometheus, and its tool: the system's, where there are any."""

import json
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from tests.servers.process import ServerProcess, free_port


@dataclass(frozen=True, slots=True, kw_only=True)
class Prometheus:
    """A running Prometheus."""

    process: ServerProcess
    port: int

    def asked(self, path: str, **query: str) -> Any:
        """Return what its API answers."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.loads(answer.read())["data"]

    def value(self, query: str) -> float | None:
        """Return the value of an expression now; None where it has none."""
        found = self.asked("query", query=query)["result"]
        return float(found[0]["value"][1]) if found else None


def program(name: str) -> str:
    """Return the path of prometheus or promtool; skips the test where there is none."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install prometheus")
    return found


def promtool(*arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Return what promtool says; `text` is its input. Blocks."""
    command = [program("promtool"), *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=120)


def is_ready(port: int) -> bool:
    """Return whether it answers queries."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=30) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


@contextmanager
def running_prometheus(folder: Path, configuration: str) -> Iterator[Prometheus]:
    """Yield a private server with this configuration; what it stores goes to the folder."""
    file, port = folder / "prometheus.yml", free_port()
    file.write_text(configuration)
    process = ServerProcess(
        [
            program("prometheus"),
            f"--config.file={file}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--enable-feature=exemplar-storage",
        ],
        log=folder / "prometheus.log",
    )
    try:
        process.wait_until(lambda: is_ready(port))
        yield Prometheus(process=process, port=port)
    finally:
        process.kill()
