"""Asking for an import, running it as a task, and what a killed runner leaves."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery.worker import state as worker_state
from django.core.files.base import ContentFile
from django.db import OperationalError
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from apps.chat import tasks
from apps.chat.exceptions import ConflictError, InvalidError, NotFoundError
from apps.chat.imports import claim as claim_module
from apps.chat.imports import limits as limits_module
from apps.chat.imports import run as run_module
from apps.chat.imports.claim import LEASE
from apps.chat.imports.pace import StoppedError, Unhindered
from apps.chat.models import Conversation, Import, Message, User
from apps.chat.records import ImportRecord
from apps.chat.services import imports as service
from apps.chat.services.conversations import delete_conversation
from apps.chat.services.imports import Ended, get_import, list_imports, request_import, run_import
from apps.resilience.pipeline import pipeline
from tests.chat.imports.files import csv_bytes, gzipped, jsonl_bytes, line, texts, zip_of
from tests.chat.people import conversation, said

Patch = pytest.MonkeyPatch
ROWS = [line(f"row {number}") for number in range(10)]


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def queued(monkeypatch: Patch) -> list[tuple[str, tuple[int, ...], float]]:
    """What was handed to the broker: task, arguments, delay in seconds."""
    found: list[tuple[str, tuple[int, ...], float]] = []

    def put(task: Any, *arguments: int, delay: timedelta = timedelta()) -> bool:
        found.append((task.name, arguments, delay.total_seconds()))
        return True

    monkeypatch.setattr(tasks.outbox, "put", put)
    return found


def request(owner: User, data: bytes = b"", filename: str = "chat.csv", **options: Any) -> ImportRecord:
    upload = ContentFile(data or csv_bytes(*ROWS), name=filename)
    return request_import(user_id=owner.pk, filename=filename, upload=upload, **options)


def run(record: ImportRecord) -> Ended:
    return run_import(import_id=record.id, pace=Unhindered())


def row(record: ImportRecord) -> Import:
    return Import.objects.get(pk=record.id)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.django_db(transaction=True)
def test_an_upload_is_kept_and_queued_after_the_commit(ann: User, uploads: Path, queued: list[Any]) -> None:
    record = request(ann, filename="../../etc/chat log.csv")
    assert (record.filename, record.format, record.state) == ("chat log.csv", "csv", "waiting")
    assert queued == [("chat.import_file", (record.id,), 0.0)]
    [kept] = files(uploads)
    assert kept.read_bytes() == csv_bytes(*ROWS)
    assert "chat" not in kept.name


def test_a_run_imports_the_rows_reports_them_and_removes_the_upload(ann: User, uploads: Path) -> None:
    record = request(ann, csv_bytes(*ROWS, line(" ")))
    assert run(record) is Ended.DONE
    done = get_import(user_id=ann.pk, import_id=record.id)
    assert (done.state, done.rows_imported, done.rows_known, done.rows_refused) == ("finished", 10, 0, 1)
    assert (done.read_bytes, done.failure) == (done.size_bytes, "")
    assert [(refusal.line, refusal.reason) for refusal in done.refusals] == [(12, "text: is blank.")]
    assert done.finished_at is not None
    assert len(texts()) == 10
    assert files(uploads) == []


def test_a_dry_run_leaves_no_message(ann: User) -> None:
    record = request(ann, is_dry_run=True)
    run(record)
    assert (row(record).rows_imported, Message.objects.count()) == (10, 0)


def test_a_finished_import_is_not_run_again(ann: User) -> None:
    record = request(ann)
    run(record)
    assert run(record) is Ended.DONE
    assert (row(record).rows_imported, row(record).rows_known) == (10, 0)


def test_only_its_owner_sees_an_import(ann: User, bob: User) -> None:
    record = request(ann)
    assert [one.id for one in list_imports(user_id=ann.pk)] == [record.id]
    assert list_imports(user_id=bob.pk) == []
    with pytest.raises(NotFoundError):
        get_import(user_id=bob.pk, import_id=record.id)


@pytest.mark.parametrize("limit", [0, 101])
def test_refuses_a_limit_out_of_bounds(ann: User, limit: int) -> None:
    with pytest.raises(InvalidError) as caught:
        list_imports(user_id=ann.pk, limit=limit)
    assert caught.value.field == "limit"


BOMB = gzipped(bytes(64 * 1024 * 1024))


@pytest.mark.parametrize(
    ("data", "filename", "options", "field"),
    [
        (b" ", "a\0.csv", {}, "file"),
        (b" ", "", {}, "file"),
        (b" ", "n" * 256, {}, "file"),
        (b" ", "a.csv", {"format": "xml"}, "format"),
        (BOMB, "a.jsonl.gz", {}, "file"),
        (zip_of([("../conversations.json", b"[]")]), "a.zip", {}, "file"),
        (zip_of([("conversations.json", b"[]")]), "a.zip", {"format": "csv"}, "format"),
    ],
    ids=range(7),
)
def test_refuses_at_once_what_can_be_told_at_once(
    ann: User, uploads: Path, data: bytes, filename: str, options: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidError) as caught:
        request(ann, data, filename, **options)
    assert caught.value.field == field
    assert (files(uploads), Import.objects.count()) == ([], 0)


def test_refuses_an_upload_that_is_too_large_or_empty(ann: User, settings: Any, monkeypatch: Patch) -> None:
    settings.CHAT_IMPORT_MAX_MEGABYTES = 1
    monkeypatch.setattr(limits_module, "MEBIBYTE", 100)
    with pytest.raises(InvalidError, match="is larger than 1 MB"):
        request(ann)
    with pytest.raises(InvalidError, match="is empty"):
        request_import(user_id=ann.pk, filename="a.csv", upload=ContentFile(b""))


def test_refuses_more_imports_than_may_wait(ann: User, bob: User) -> None:
    for _ in range(service.UNFINISHED_MAX):
        request(ann)
    with pytest.raises(ConflictError):
        request(ann)
    assert request(bob).state == "waiting"


def test_leaves_no_file_when_the_import_cannot_be_stored(ann: User, uploads: Path, monkeypatch: Patch) -> None:
    def failing(_: Import) -> None:
        raise OperationalError("no database")

    monkeypatch.setattr(service, "_save", failing)
    with pytest.raises(OperationalError):
        request(ann)
    assert files(uploads) == []


def test_a_file_refused_as_a_whole_says_why(ann: User, uploads: Path) -> None:
    record = request(ann, b"a,b\r\n1,2\r\n")
    run(record)
    done = get_import(user_id=ann.pk, import_id=record.id)
    assert (done.state, done.failure) == (
        "failed",
        "file: has no column conversation and no column text in its first line.",
    )
    assert files(uploads) == []


def test_a_failure_after_some_batches_says_that_they_are_kept(ann: User, monkeypatch: Patch) -> None:
    monkeypatch.setattr(run_module, "BATCH_ROWS", 4)
    parse = run_module.csv_rows

    def breaking(text: Any) -> Any:
        for number, parsed in enumerate(parse(text)):
            if number == 6:
                raise InvalidError("file", "is damaged: made so.")
            yield parsed

    monkeypatch.setattr(run_module, "csv_rows", breaking)
    record = request(ann)
    run(record)
    assert row(record).failure == "file: is damaged: made so. The rows before it are kept."
    assert (row(record).rows_imported, len(texts())) == (4, 4)


def test_a_mistake_of_ours_is_logged_and_told(ann: User, monkeypatch: Patch, caplog: Any) -> None:
    def failing(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(service, "run_job", failing)
    record = request(ann)
    assert run(record) is Ended.DONE
    assert (row(record).state, row(record).failure) == ("failed", "An unexpected error stopped the import.")
    assert "ZeroDivisionError" in caplog.text


def test_an_upload_that_is_gone_fails_its_import(ann: User, uploads: Path) -> None:
    record = request(ann)
    files(uploads)[0].unlink()
    run(record)
    assert row(record).failure == "file: the upload is no longer there."


class Killed(BaseException):
    """Stands for kill -9: nothing of ours catches it."""


def killed_after(rows: int, monkeypatch: Patch, error: type[BaseException] = Killed) -> Any:
    """Return a pace that ends the run in its third batch of four rows."""
    monkeypatch.setattr(run_module, "BATCH_ROWS", 4)
    steps = iter(range(10_000))

    class Ending:
        def step(self) -> None:
            if next(steps) >= rows:
                raise error

    return Ending()


def test_a_killed_run_is_taken_over_after_the_lease_and_completed(ann: User, monkeypatch: Patch) -> None:
    record = request(ann)
    with pytest.raises(Killed):
        run_import(import_id=record.id, pace=killed_after(17, monkeypatch))
    assert (row(record).state, row(record).rows_imported, len(texts())) == ("running", 8, 8)
    assert run(record) is Ended.BUSY
    Import.objects.filter(pk=record.id).update(heartbeat_at=timezone.now() - LEASE - timedelta(seconds=1))
    assert run(record) is Ended.DONE
    assert texts() == [f"row {number}" for number in range(10)]
    assert (row(record).rows_imported, row(record).rows_known, row(record).state) == (10, 0, "finished")


def test_a_run_that_is_asked_to_stop_waits_for_another(ann: User, monkeypatch: Patch) -> None:
    record = request(ann)
    assert run_import(import_id=record.id, pace=killed_after(17, monkeypatch, StoppedError)) is Ended.STOPPED
    assert row(record).state == "waiting"
    assert run(record) is Ended.DONE
    assert (len(texts()), row(record).rows_imported) == (10, 10)


def test_a_runner_that_was_replaced_rolls_its_batch_back_and_leaves(ann: User, monkeypatch: Patch) -> None:
    monkeypatch.setattr(run_module, "BATCH_ROWS", 4)
    record = request(ann)
    steps = iter(range(1000))

    class Replaced:
        def step(self) -> None:
            if next(steps) == 10:
                Import.objects.filter(pk=record.id).update(heartbeat_at=timezone.now() + LEASE)

    assert run_import(import_id=record.id, pace=Replaced()) is Ended.BUSY
    assert (row(record).state, row(record).rows_imported, len(texts())) == ("running", 4, 4)


def test_two_heartbeats_in_the_same_moment_differ(ann: User, monkeypatch: Patch) -> None:
    moment = timezone.now()
    monkeypatch.setattr(claim_module.timezone, "now", lambda: moment)
    record = request(ann)
    run(record)
    assert row(record).heartbeat_at > moment  # type: ignore[operator]


def test_the_task_looks_again_when_another_runner_has_the_import(ann: User, queued: list[Any]) -> None:
    record = request(ann)
    Import.objects.filter(pk=record.id).update(state="running", heartbeat_at=timezone.now())
    tasks.import_file(record.id)
    assert queued == [("chat.import_file", (record.id,), LEASE.total_seconds())]


def test_the_task_looks_again_when_the_database_fails(ann: User, queued: list[Any], monkeypatch: Patch) -> None:
    def failing(*_: Any, **__: Any) -> None:
        raise OperationalError("locked")

    record = request(ann)
    monkeypatch.setattr(service, "run_job", failing)
    tasks.import_file(record.id)
    assert queued == [("chat.import_file", (record.id,), LEASE.total_seconds())]
    assert row(record).state == "running"


def test_a_worker_that_is_to_end_hands_its_import_back(ann: User, queued: list[Any], monkeypatch: Patch) -> None:
    record = request(ann)
    monkeypatch.setattr(worker_state, "should_stop", 0)
    tasks.import_file(record.id)
    assert queued == [("chat.import_file", (record.id,), 0.0)]
    assert row(record).state == "waiting"
    monkeypatch.setattr(worker_state, "should_stop", None)
    tasks.import_file(record.id)
    assert row(record).state == "finished"


def test_the_task_runs_in_the_web_process_and_in_one_of_its_own(ann: User, settings: Any) -> None:
    for is_in_process in (True, False):
        settings.CELERY_IN_PROCESS = is_in_process
        record = request(ann)
        tasks.import_file(record.id)
        assert row(record).state == "finished"


@pytest.mark.django_db(transaction=True)
def test_with_the_broker_down_the_request_succeeds_and_the_next_one_catches_up(
    ann: User, monkeypatch: Patch, caplog: Any
) -> None:
    sent: list[int] = []
    broker = {"is_down": True}

    def apply_async(arguments: tuple[int, ...], **_: Any) -> None:
        if broker["is_down"]:
            raise BrokerError("connection refused")
        sent.append(*arguments)

    monkeypatch.setattr(tasks.import_file, "apply_async", apply_async)
    monkeypatch.setattr(tasks, "outbox", tasks.Outbox())
    first, second = request(ann), request(ann)
    assert (first.state, second.state, sent) == ("waiting", "waiting", [])
    assert caplog.text.count("unreachable") == 1
    broker["is_down"] = False
    third = request(ann)
    assert sorted(set(sent)) == [first.id, second.id, third.id]
    assert not tasks.outbox.is_behind


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_known_to_be_down_is_not_asked_and_the_import_waits(ann: User, monkeypatch: Patch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(tasks.import_file, "apply_async", lambda arguments, **_: asked.append(*arguments))
    monkeypatch.setattr(tasks, "outbox", tasks.Outbox())
    pipeline("broker").breaker.open()
    assert (request(ann).state, asked, tasks.outbox.is_behind) == ("waiting", [], True)
    pipeline("broker").breaker.close()
    assert request(ann).id in asked
    assert len(set(asked)) == 2, "what waited is queued as well"


def test_a_starting_worker_queues_what_is_left_over(ann: User, uploads: Path, queued: list[Any], settings: Any) -> None:
    settings.CELERY_IN_PROCESS = False
    waiting, running, silent, finished = (request(ann) for _ in range(4))
    now = timezone.now()
    Import.objects.filter(pk=running.id).update(state="running", heartbeat_at=now)
    Import.objects.filter(pk=silent.id).update(state="running", heartbeat_at=now - 2 * LEASE)
    Import.objects.filter(pk=finished.id).update(state="finished", finished_at=now)
    delete_conversation(user_id=ann.pk, conversation_id=conversation(ann).id)
    queued.clear()
    tasks.resume_after_start()
    assert [(name, arguments) for name, arguments, _ in queued] == [
        ("chat.import_file", (waiting.id,)),
        ("chat.import_file", (running.id,)),
        ("chat.import_file", (silent.id,)),
        ("chat.purge_conversations", ()),
    ]
    delays = [delay for *_, delay in queued]
    assert (delays[0], delays[2]) == (0, 0)
    assert 50 < delays[1] <= LEASE.total_seconds()
    assert len(files(uploads)) == 3


def test_inside_the_web_process_a_killed_import_goes_on_at_once(ann: User, queued: list[Any], settings: Any) -> None:
    settings.CELERY_IN_PROCESS = True
    record = request(ann)
    Import.objects.filter(pk=record.id).update(state="running", heartbeat_at=timezone.now())
    tasks.resume_after_start()
    assert queued == [("chat.import_file", (record.id,), 0.0)]
    assert run(record) is Ended.DONE


@pytest.mark.django_db(transaction=True)
def test_a_deleted_conversation_is_purged(ann: User, queued: list[Any], monkeypatch: Patch) -> None:
    monkeypatch.setattr(tasks, "PURGE_BATCH_MESSAGES", 2)
    kept, gone = conversation(ann), conversation(ann)
    said(ann, kept, "stays")
    said(ann, gone, *"abcde")
    delete_conversation(user_id=ann.pk, conversation_id=gone.id)
    assert queued == [("chat.purge_conversations", (), 0.0)]
    tasks.purge_conversations()
    assert list(Conversation.objects.values_list("pk", flat=True)) == [kept.id]
    assert list(Message.objects.values_list("text", flat=True)) == ["stays"]


def test_a_purge_stops_with_its_worker(ann: User, monkeypatch: Patch) -> None:
    gone = conversation(ann)
    said(ann, gone, "a")
    delete_conversation(user_id=ann.pk, conversation_id=gone.id)
    monkeypatch.setattr(worker_state, "should_stop", 0)
    tasks.purge_conversations()
    assert Message.objects.count() == 1


def test_reads_an_upload_that_is_a_plain_file_too(ann: User) -> None:
    data = jsonl_bytes({"id": "c", "messages": [{"role": "user", "content": "x"}]})
    upload = ContentFile(data, name="a.jsonl")
    upload.file = io.BytesIO(data)
    record = request_import(user_id=ann.pk, filename="a.jsonl", upload=upload)
    run(record)
    assert (record.format, texts()) == ("jsonl", ["x"])


@pytest.mark.django_db(transaction=True)
def test_the_upload_of_a_deleted_owner_does_not_stay(ann: User, uploads: Path, queued: list[Any]) -> None:
    request(ann)
    assert len(files(uploads)) == 1
    ann.delete()
    assert files(uploads) == []
