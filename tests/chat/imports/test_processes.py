"""Real processes: killed with -9 half way, running side by side, fed with real chats."""

import gzip
import os
import signal
from pathlib import Path

import pytest

from tests.chat.imports.files import csv_bytes, line
from tests.chat.imports.processes import Project, project
from tests.servers.deadline import eventually

__all__ = ("project",)
pytestmark = pytest.mark.engine("sqlite", "postgresql")
COUNT = "SELECT count(*) FROM chat_message"
GAPS = (
    "SELECT count(*) FROM (SELECT conversation_id FROM chat_message GROUP BY conversation_id"
    " HAVING count(*) <> max(sequence) OR min(sequence) <> 1) AS gaps"
)
REAL = Path(os.environ.get("CHAT_DATA", str(Path(__file__).resolve().parents[4] / "shared" / "data")))


def said(count: int) -> bytes:
    """Return a file of so many rows in three conversations, one after the other."""
    return csv_bytes(*(line(f"**row** {number}", conversation=f"c{number * 3 // count}") for number in range(count)))


def test_a_killed_import_is_completed_by_running_it_again(project: Project) -> None:
    path = project.path / "said.csv"
    path.write_bytes(said(20_000))
    running = project.start("import_conversations", str(path))
    try:
        eventually(lambda: project.ask(COUNT) >= 2000, seconds=60, what="some batches")
    finally:
        running.send_signal(signal.SIGKILL)
        running.communicate()
    stored = project.ask(COUNT)
    assert 2000 <= stored < 20_000
    assert project.ask(GAPS) == 0
    again = project.run("import_conversations", str(path))
    assert again.stdout.decode() == f"imported {20_000 - stored:,}, known {stored:,}, refused 0\n"
    assert project.ask(GAPS) == 0
    assert project.run("export_conversations").stdout == path.read_bytes()


def test_processes_that_import_the_same_file_at_once_store_it_once(project: Project) -> None:
    path = project.path / "said.csv"
    path.write_bytes(said(4000))
    running = [project.start("import_conversations", str(path)) for _ in range(3)]
    ended = [(one.communicate(timeout=300)[0].decode(), one.returncode) for one in running]
    assert [status for _, status in ended] == [0, 0, 0], ended
    assert (project.ask(COUNT), project.ask(GAPS)) == (4000, 0)
    assert project.run("export_conversations").stdout == path.read_bytes()


@pytest.mark.parametrize(("name", "form", "rows"), [("irc.csv", "csv", 11_611), ("coffee.jsonl.gz", "jsonl", 13_915)])
def test_real_chats_come_in_whole_once_and_go_out_as_they_were(
    project: Project, name: str, form: str, rows: int
) -> None:
    path = REAL / name
    if not path.is_file():
        pytest.skip(f"{path} is not there; CHAT_DATA names the folder of the real chats")
    assert project.run("import_conversations", str(path)).stdout.decode() == f"imported {rows:,}, known 0, refused 0\n"
    assert project.run("import_conversations", str(path)).stdout.decode() == f"imported 0, known {rows:,}, refused 0\n"
    data = path.read_bytes()
    assert project.run("export_conversations", f"--format={form}").stdout == (
        gzip.decompress(data) if path.suffix == ".gz" else data
    )
