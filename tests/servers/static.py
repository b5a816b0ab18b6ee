"""The collected static files: made once for each state of their sources, shared by every run."""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.servers.measured import unmeasured

PROJECT = Path(__file__).resolve().parents[2]
CACHE = PROJECT / ".pytest_cache" / "static"


def collected_static(env: Mapping[str, str]) -> Path:
    """Return the folder of collected files, made with the given environment when its sources changed. Blocks."""
    kept = CACHE / state_of_sources()
    if not kept.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        collect(kept, env)
    return kept


def collect(kept: Path, env: Mapping[str, str]) -> None:
    """Collect into a folder of its own, then put it in place in one step: runs may race."""
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        command = [sys.executable, str(PROJECT / "manage.py"), "collectstatic", "--noinput", "--verbosity=0"]
        subprocess.run(command, env=unmeasured({**env, "DATA_DIR": folder}), check=True)
        try:
            (Path(folder) / "static").rename(kept)
        except OSError:
            if not kept.exists():
                raise


def state_of_sources() -> str:
    """Return a digest of everything the collected files are made of."""
    digest = hashlib.sha256(sys.prefix.encode())
    for path in (PROJECT / "requirements" / "base.txt", PROJECT / "perfsite" / "staticfiles.py"):
        digest.update(path.read_bytes())
    for path in sorted((PROJECT / "static").rglob("*")):
        digest.update(os.fsencode(path.relative_to(PROJECT)))
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()[:20]


def link_static(static: Path, data_dir: Path) -> None:
    """Let a data directory serve the collected files."""
    data_dir.mkdir(parents=True, exist_ok=True)
    target = data_dir / "static"
    if target.is_symlink():
        target.unlink()
    target.symlink_to(static, target_is_directory=True)
