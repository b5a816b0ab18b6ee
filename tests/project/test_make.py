"""The one command, where it must say no."""

import shutil
import socket
import subprocess

import pytest

from tests.project.variables import PROJECT

if shutil.which("make") is None:
    pytest.skip("make is not installed", allow_module_level=True)


def made(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60)


def test_a_taken_port_is_told_before_anything_else_is_done() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = made("run", f"PORT={port}", "VENV=/nonexistent")
    assert result.returncode != 0
    assert result.stderr.startswith(f"Port {port} on 127.0.0.1 is taken")
    assert "Installing" not in result.stdout


def test_a_port_that_is_no_number_is_refused() -> None:
    result = made("run", "PORT=many")
    assert result.returncode != 0
    assert "Port many on 127.0.0.1 is taken, or is no port number" in result.stderr


def test_an_old_or_missing_python_is_told_with_the_package_to_install() -> None:
    result = made("setup", "PYTHON=false", "VENV=/nonexistent")
    assert result.returncode != 0
    assert "Python 3.11 or newer" in result.stderr
    assert "apt-get install python3" in result.stderr


def test_every_target_for_people_is_listed() -> None:
    listed = {line.split()[0] for line in made().stdout.splitlines()}
    assert listed == {"help", "setup", "run", "test", "lint", "soak", "check", "mutants", "bench", "lock", "clean"}
