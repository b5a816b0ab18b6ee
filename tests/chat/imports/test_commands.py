"""The import and the export from the shell."""

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.chat.models import Conversation, User
from tests.chat.imports.files import csv_bytes, line, texts, zip_of
from tests.chat.people import conversation, person, said


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "chat.csv"
    path.write_bytes(csv_bytes(line("one"), line(" "), line("two")))
    return path


def printed(*arguments: Any, **options: Any) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def test_says_what_came_of_the_rows_and_does_it_once(ann: User, file: Path) -> None:
    assert (
        printed("import_conversations", file, "--owner=ann")
        == "imported 2, known 0, refused 1\n  line 3: text: is blank.\n"
    )
    assert printed("import_conversations", file, "--owner=ann").startswith("imported 0, known 2, refused 1\n")


def test_lists_the_first_refusals_and_counts_the_others(ann: User, file: Path) -> None:
    file.write_bytes(csv_bytes(*[line(" ")] * 25))
    lines = printed("import_conversations", file).splitlines()
    assert (lines[0], len(lines), lines[-1]) == ("imported 0, known 0, refused 25", 22, "  +5 more")


def test_a_dry_run_says_so_and_writes_nothing(ann: User, file: Path) -> None:
    assert printed("import_conversations", file, "--dry-run").startswith("would import 2, known 0, refused 1\n")
    assert not Conversation.objects.exists()


def test_without_an_owner_the_first_superuser_owns_it_else_the_first_user(ann: User, bob: User, file: Path) -> None:
    printed("import_conversations", file)
    assert Conversation.objects.get().imported_by == ann
    root = User.objects.create_superuser("root", password="correct horse")
    printed("import_conversations", file)
    assert Conversation.objects.latest("pk").imported_by == root


def test_shows_its_progress_on_a_terminal_only(
    ann: User, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    printed("import_conversations", file, "--dry-run")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    printed("import_conversations", file, "--dry-run")
    assert "100%" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "arguments", "words"),
    [
        (None, [], "file: there is no "),
        ("folder", [], "is no file."),
        (b"", [], "file: chat.csv is empty."),
        (b"a,b\n", [], "file: chat.csv has no column conversation and no column text in its first line."),
        (zip_of([("/conversations.json", b"[]")]), [], "file: chat.csv holds a forged name: '/conversations.json'."),
        (b"x", ["--owner=nobody"], "--owner: there is no user 'nobody'."),
        (zip_of([("conversations.json", b"[]")]), ["--format=csv"], "format: chat.csv of a zip can only be chatgpt."),
        (b"x", ["--format=xml"], "argument --format: invalid choice: 'xml'"),
    ],
    ids=range(8),
)
def test_says_in_one_line_why_it_cannot(
    ann: User, tmp_path: Path, content: Any, arguments: list[str], words: str
) -> None:
    path = tmp_path / "chat.csv"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError) as caught:
        call_command("import_conversations", path, *arguments)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not Conversation.objects.exists()


def test_says_why_a_file_cannot_be_read(ann: User, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("apps.chat.management.commands.import_conversations.import_file", denied)
    with pytest.raises(CommandError, match="cannot be read: Permission denied"):
        call_command("import_conversations", file)


def test_without_any_user_it_says_what_to_do(db: None, file: Path) -> None:
    with pytest.raises(CommandError, match="createsuperuser or demo_data"):
        call_command("import_conversations", file)


def test_links_authors_who_are_users(ann: User, file: Path) -> None:
    person("zoe")
    printed("import_conversations", file, "--owner=ann")
    assert set(Conversation.objects.get().members.values_list("username", flat=True)) == {"ann", "zoe"}


def test_exports_to_a_file_and_to_standard_output(ann: User, bob: User, tmp_path: Path, capfdbinary: Any) -> None:
    mine = conversation(ann)
    said(ann, mine, "hello")
    said(bob, conversation(bob), "hi")
    path = tmp_path / "out.csv"
    call_command("export_conversations", "--owner=ann", f"--output={path}")
    assert path.read_bytes().count(b"\r\n") == 2
    call_command("export_conversations", f"--conversation={mine.id}", "--format=csv")
    sys.stdout.flush()
    assert capfdbinary.readouterr().out == path.read_bytes()


def test_imports_what_it_has_exported(ann: User, bob: User, tmp_path: Path) -> None:
    said(ann, conversation(ann), "hello", "world")
    path = tmp_path / "out.jsonl"
    call_command("export_conversations", "--format=jsonl", f"--output={path}")
    assert printed("import_conversations", path, "--owner=bob") == "imported 2, known 0, refused 0\n"
    assert texts(Conversation.objects.latest("pk").source_id) == ["hello", "world"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--owner=nobody"], "--owner: there is no user 'nobody'."),
        (["--conversation=9"], "--conversation: There is no such conversation."),
        (["--output=/nowhere/at/all"], "--output: /nowhere/at/all cannot be written: No such file or directory."),
    ],
)
def test_says_in_one_line_why_it_cannot_export(ann: User, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError) as caught:
        call_command("export_conversations", *arguments)
    assert str(caught.value) == words
