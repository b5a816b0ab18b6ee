"""Many processes send into one conversation: numbers without gap, none twice, everything answered is kept."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers.migrated import migrated_file
from tests.servers.site import MANAGE, PROJECT, clean_environment
from tests.soak import length

PREPARE = """
from apps.chat.models import User
from apps.chat.services.conversations import create_conversation
user = User.objects.create_user("ann")
print(user.pk, create_conversation(user_id=user.pk, title="Crowd").id)
"""
REPORT = """
import json
from apps.chat.models import Conversation, Message
rows = list(Message.objects.order_by("sequence").values_list("sequence", "client_id"))
print(json.dumps({"rows": rows, "last": Conversation.objects.get().last_sequence}))
"""


def managed(env: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run([*MANAGE, *arguments], env=env, cwd=PROJECT, capture_output=True, text=True, check=True)
    return done.stdout


def crowd(env: Mapping[str, str], *, processes: int, count: int) -> tuple[list[int], dict[str, object]]:
    """Return the sequence numbers answered to all senders, and what the database holds afterwards."""
    user_id, conversation_id = managed(env, "shell", "--verbosity=0", "--command", PREPARE).split()
    command = [sys.executable, "-m", "tests.stack.sender", conversation_id, user_id, str(count)]
    with ExitStack() as stack:
        senders = [
            stack.enter_context(
                subprocess.Popen(
                    command, env=env, cwd=PROJECT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
            )
            for _ in range(processes)
        ]
        for sender in senders:
            assert sender.stdout is not None
            assert sender.stdout.readline() == "ready\n"
        for sender in senders:
            assert sender.stdin is not None
            sender.stdin.write("go\n")
            sender.stdin.flush()
        answers = [int(line) for sender in senders for line in (sender.stdout or []) if line.strip()]
    assert [sender.returncode for sender in senders] == [0] * processes
    return answers, json.loads(managed(env, "shell", "--verbosity=0", "--command", REPORT))


def assert_gap_free(answers: list[int], kept: dict[str, object], *, total: int) -> None:
    rows = kept["rows"]
    assert isinstance(rows, list)
    assert sorted(answers) == list(range(1, total + 1))
    assert [sequence for sequence, _ in rows] == list(range(1, total + 1))
    assert len({client_id for _, client_id in rows}) == total
    assert kept["last"] == total


@pytest.mark.soak
def test_eight_processes_send_without_gap_on_postgres(migrated_url: str, tmp_path: Path) -> None:
    env = clean_environment(DATA_DIR=str(tmp_path), DATABASE_URL=migrated_url)
    count = length(200, short=50)
    answers, kept = crowd(env, processes=8, count=count)
    assert_gap_free(answers, kept, total=8 * count)


def test_four_processes_send_without_gap_on_sqlite(tmp_path: Path) -> None:
    shutil.copyfile(migrated_file(), tmp_path / "perfsite.sqlite3")
    env = clean_environment(DATA_DIR=str(tmp_path))
    answers, kept = crowd(env, processes=4, count=50)
    assert_gap_free(answers, kept, total=200)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_what_was_answered_survives_kill_9(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    env = clean_environment(DATA_DIR=str(tmp_path))
    if engine == "postgresql":
        env["DATABASE_URL"] = request.getfixturevalue("migrated_url")
    else:
        shutil.copyfile(migrated_file(), tmp_path / "perfsite.sqlite3")
    user_id, conversation_id = managed(env, "shell", "--verbosity=0", "--command", PREPARE).split()
    command = [sys.executable, "-m", "tests.stack.sender", conversation_id, user_id, "100000"]
    with subprocess.Popen(
        command, env=env, cwd=PROJECT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as sender:
        assert sender.stdin is not None
        assert sender.stdout is not None
        sender.stdin.write("go\n")
        sender.stdin.flush()
        assert sender.stdout.readline() == "ready\n"
        answered = [int(sender.stdout.readline()) for _ in range(40)]
        sender.kill()
        answered += [int(line) for line in sender.stdout if line.endswith("\n")]
    kept = json.loads(managed(env, "shell", "--verbosity=0", "--command", REPORT))
    sequences = [sequence for sequence, _ in kept["rows"]]
    assert set(answered) <= set(sequences)
    assert sequences == list(range(1, len(sequences) + 1))
    assert kept["last"] == len(sequences)
