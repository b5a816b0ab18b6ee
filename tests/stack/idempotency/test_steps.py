"""A process killed with -9 at every step of the protocol: never two effects, never a stuck key."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.migrated import migrated_file
from tests.servers.site import PROJECT, clean_environment
from tests.stack.idempotency.faults import ON_REPLAY, POINTS

NAMES = [name for name, *_ in POINTS]
COMMITTED = NAMES[NAMES.index("after the commit") :]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_process_killed_at_any_step_leaves_one_effect_and_no_stuck_key(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    env = clean_environment(DATA_DIR=str(tmp_path), DJANGO_SETTINGS_MODULE="tests.stack.idempotency.settings")
    if engine == "postgresql":
        env["DATABASE_URL"] = request.getfixturevalue("migrated_url")
    else:
        shutil.copyfile(migrated_file(), tmp_path / "perfsite.sqlite3")
    command = [sys.executable, "-m", "tests.stack.idempotency.runner"]
    done = subprocess.run(command, env=env, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    replayed = [*COMMITTED, *(name for name, *_ in ON_REPLAY)]
    assert [name for name, what in report.items() if what["died"]] == [name for name, *_ in (*POINTS, *ON_REPLAY)]
    assert {what["status"] for what in report.values()} == {201}
    assert [name for name, what in report.items() if what["is_replay"]] == replayed
    assert all(what["messages"] == [what["id"]] for what in report.values())
