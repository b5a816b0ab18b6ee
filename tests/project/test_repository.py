"""What every kept file obeys."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.project.variables import PROJECT

MACHINE_PATH = re.compile(r"(?<![\w./-])/(?:home|Users|root|work|opt)/\w+")
INDEX = re.compile(r"(?:extra-)?index-url|find-links")
EXPLAINS_THE_INDEX = {"Makefile", "tests/project/test_repository.py"}  # the first tells uv to write none
PIN = re.compile(r"^[a-z0-9._-]+(\[[a-z,]+\])?==\S+", re.IGNORECASE)
LONGEST = 500


@cache
def kept_files() -> tuple[Path, ...]:
    """Every file that belongs to the repository, tracked or about to be."""
    if not (PROJECT / ".git").exists():
        pytest.skip("not a git checkout: which files are kept is not known")
    command = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.splitlines()
    return tuple(path for name in listed if (path := PROJECT / name).is_file())


def texts() -> dict[str, str]:
    """The repository's texts by name; pictures and other binary files are left out."""
    found = {}
    for path in kept_files():
        data = path.read_bytes()
        if b"\0" not in data:
            found[path.relative_to(PROJECT).as_posix()] = data.decode()
    return found


def test_no_file_knows_one_machine() -> None:
    found = {name: MACHINE_PATH.findall(text) for name, text in texts().items() if MACHINE_PATH.search(text)}
    found.pop("tests/project/test_repository.py", None)
    assert not found


def test_no_file_says_where_packages_come_from() -> None:
    assert {name for name, text in texts().items() if INDEX.search(text)} <= EXPLAINS_THE_INDEX


@pytest.mark.parametrize("name", ["base", "dev"])
def test_every_dependency_is_pinned_with_hashes(name: str) -> None:
    blocks = re.split(r"\n(?=\S)", (PROJECT / "requirements" / f"{name}.txt").read_text())
    pins = [block for block in blocks if not block.startswith("#")]
    assert len(pins) > 20
    assert not [block for block in pins if not PIN.match(block) or "--hash=sha256:" not in block]


def pinned(name: str) -> dict[str, str]:
    text = (PROJECT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", text, re.MULTILINE))


def test_tests_run_on_the_versions_that_serve() -> None:
    base, dev = pinned("base"), pinned("dev")
    assert {name: version for name, version in base.items() if dev.get(name) != version} == {}


@pytest.mark.parametrize("name", ["base", "dev"])
def test_the_lock_file_holds_all_that_is_asked_for(name: str) -> None:
    asked = re.findall(r"^([a-z][a-z0-9._-]*)", (PROJECT / "requirements" / f"{name}.in").read_text(), re.MULTILINE)
    assert asked
    assert set(asked) <= pinned(name).keys()


def test_no_source_file_is_too_long_to_read() -> None:
    lengths = {
        name: text.count("\n") for name, text in texts().items() if name.endswith((".py", ".js", ".css", ".html"))
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}
