"""The import contract: it catches what it is there to catch."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.project.variables import PROJECT

LINT = (str(Path(sys.executable).parent / "lint-imports"), "--no-cache")


def checked(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(LINT, cwd=project, capture_output=True, text=True, check=False, timeout=120)


def copied(tmp_path: Path) -> Path:
    skip = shutil.ignore_patterns("__pycache__")
    for name in ("apps", "perfsite"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=skip)
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contract_holds() -> None:
    result = checked(PROJECT)
    assert result.returncode == 0, result.stdout


def test_an_upward_import_is_caught(tmp_path: Path) -> None:
    project = copied(tmp_path)
    (project / "apps" / "chat" / "upward.py").write_text("import perfsite.settings\n")
    result = checked(project)
    assert result.returncode == 1
    assert "apps.chat.upward -> perfsite.settings" in result.stdout
