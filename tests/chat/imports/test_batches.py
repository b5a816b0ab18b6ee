"""Rows become messages: once, in order, by the right people."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.chat.exceptions import InvalidError
from apps.chat.imports import batch as batch_module
from apps.chat.imports import run as run_module
from apps.chat.imports import target as target_module
from apps.chat.imports.target import GoneError, Target
from apps.chat.models import Conversation, Membership, Message, User
from apps.chat.services.conversations import delete_conversation, list_conversations, rename_conversation
from apps.chat.services.members import add_member, remove_member
from apps.chat.services.messages import edit_message, send_message
from tests.chat.imports.files import counts, csv_bytes, dialogue, imported, jsonl_bytes, line, reasons, texts

Patch = pytest.MonkeyPatch
THREE = [line("one"), line("two"), line("three")]


def only() -> Conversation:
    return Conversation.objects.get(source_id="c")


def sequences(conversation: str = "c") -> list[int]:
    rows = Message.objects.filter(conversation__source_id=conversation).order_by("sequence")
    return list(rows.values_list("sequence", flat=True))


def test_the_importer_owns_what_was_imported_and_has_read_it(ann: User) -> None:
    assert counts(imported(ann, csv_bytes(*THREE))) == (3, 0, 0)
    [listed] = list_conversations(user_id=ann.pk).results
    assert (listed.title, listed.role, listed.last_sequence, listed.unread, listed.preview) == (
        "c",
        "owner",
        3,
        0,
        "three",
    )


def test_stores_texts_unchanged_with_their_html(ann: User) -> None:
    imported(ann, csv_bytes(line("  *so*\r\n"), line("<b>")))
    first, second = Message.objects.order_by("sequence")
    assert (first.text, second.text) == ("  *so*\r\n", "<b>")
    assert (first.html, second.html) == ("<p><em>so</em></p>\n", "<p>&lt;b&gt;</p>\n")


def test_times_come_from_the_file_and_are_marked_where_it_gives_none(ann: User) -> None:
    before = timezone.now()
    imported(ann, csv_bytes(line("dated", sent_at="2024-05-01T10:00:00Z"), line("undated")))
    dated, undated = Message.objects.order_by("sequence")
    assert (dated.created_at, dated.is_dated) == (datetime(2024, 5, 1, 10, tzinfo=UTC), True)
    assert not undated.is_dated
    assert before <= undated.created_at <= timezone.now()
    assert only().last_message_at == undated.created_at


def test_the_same_file_again_adds_nothing(ann: User) -> None:
    data = csv_bytes(*THREE, line("one"), line("one"))
    assert counts(imported(ann, data)) == (5, 0, 0)
    assert counts(imported(ann, data)) == (0, 5, 0)
    assert texts() == ["one", "two", "three", "one", "one"]
    assert sequences() == [1, 2, 3, 4, 5]


def test_a_longer_export_adds_only_what_is_new_also_in_its_middle(ann: User) -> None:
    imported(ann, csv_bytes(line("one"), line("two")))
    assert counts(imported(ann, csv_bytes(line("one"), line("new"), line("two"), line("two")))) == (2, 2, 0)
    assert texts() == ["one", "two", "new", "two"]


@pytest.mark.parametrize("changed", [{"author": "eve"}, {"role": "system"}, {"sent_at": "2024-05-01T10:00:00Z"}])
def test_another_author_role_or_time_is_another_message(ann: User, changed: dict[str, str]) -> None:
    imported(ann, csv_bytes(line("one")))
    assert counts(imported(ann, csv_bytes(line("one", **changed)))) == (1, 0, 0)


def test_the_same_moment_written_differently_is_the_same_message(ann: User) -> None:
    imported(ann, csv_bytes(line("one", sent_at="2024-05-01T12:00:00+02:00")))
    assert counts(imported(ann, csv_bytes(line("one", sent_at="2024-05-01T10:00:00")))) == (0, 1, 0)


def test_repetitions_are_counted_across_batches(ann: User, monkeypatch: Patch) -> None:
    monkeypatch.setattr(run_module, "BATCH_ROWS", 2)
    data = csv_bytes(*[line("ok")] * 7)
    assert counts(imported(ann, data)) == (7, 0, 0)
    assert counts(imported(ann, data)) == (0, 7, 0)


def test_batches_are_bounded_by_their_text_too(ann: User, monkeypatch: Patch) -> None:
    monkeypatch.setattr(run_module, "BATCH_CHARACTERS", 10)
    reported: list[int] = []
    data = csv_bytes(*[line(f"eight ch{number}") for number in range(4)])
    imported(ann, data, report=lambda outcome: reported.append(outcome.imported))
    assert reported == [2, 4, 4]


def test_several_conversations_in_one_batch_keep_their_own_order(ann: User) -> None:
    rows = [line(f"{name}{number}", conversation=name) for number in range(3) for name in ("x", "y")]
    imported(ann, csv_bytes(*rows))
    assert (texts("x"), texts("y")) == (["x0", "x1", "x2"], ["y0", "y1", "y2"])
    assert sequences("x") == sequences("y") == [1, 2, 3]


def test_two_people_import_the_same_file_into_conversations_of_their_own(ann: User, bob: User) -> None:
    for owner in (ann, bob):
        assert counts(imported(owner, csv_bytes(*THREE))) == (3, 0, 0)
    assert Conversation.objects.filter(source_id="c").count() == 2
    assert [page.results[0].last_sequence for page in (list_conversations(user_id=user.pk) for user in (ann, bob))] == [
        3,
        3,
    ]


def test_goes_on_behind_messages_sent_since(ann: User) -> None:
    imported(ann, csv_bytes(line("one")))
    send_message(user_id=ann.pk, conversation_id=only().pk, text="sent here")
    imported(ann, csv_bytes(line("one"), line("two")))
    assert texts() == ["one", "sent here", "two"]
    assert sequences() == [1, 2, 3]


def test_what_was_unread_stays_unread(ann: User, bob: User) -> None:
    imported(ann, csv_bytes(line("one")))
    add_member(user_id=ann.pk, conversation_id=only().pk, username="bob")
    send_message(user_id=bob.pk, conversation_id=only().pk, text="ann has not seen this")
    imported(ann, csv_bytes(line("one"), line("two")))
    assert list_conversations(user_id=ann.pk).results[0].unread == 2


def test_edits_deletions_and_renames_here_survive_another_import(ann: User) -> None:
    imported(ann, csv_bytes(*THREE))
    edit_message(user_id=ann.pk, message_id=Message.objects.get(text="two").pk, text="2")
    rename_conversation(user_id=ann.pk, conversation_id=only().pk, title="Renamed")
    assert counts(imported(ann, csv_bytes(*THREE))) == (0, 3, 0)
    assert (texts(), only().title) == (["one", "2", "three"], "Renamed")


def test_a_deleted_conversation_is_made_anew(ann: User) -> None:
    imported(ann, csv_bytes(*THREE))
    delete_conversation(user_id=ann.pk, conversation_id=only().pk)
    assert counts(imported(ann, csv_bytes(*THREE))) == (3, 0, 0)


def test_a_conversation_its_importer_has_left_is_made_anew(ann: User, bob: User) -> None:
    imported(ann, csv_bytes(*THREE))
    left = only().pk
    add_member(user_id=ann.pk, conversation_id=left, username="bob")
    remove_member(user_id=ann.pk, conversation_id=left, member_id=ann.pk)
    assert counts(imported(ann, csv_bytes(*THREE))) == (3, 0, 0)
    assert Message.objects.filter(conversation_id=left).count() == 3
    assert only().pk != left


def authors() -> list[tuple[str | None, str, str]]:
    rows = Message.objects.order_by("sequence").values_list("author__username", "author_name", "role")
    return list(rows)


SAID_BY = [
    line("a", author=""),
    line("b", author=" ann "),
    line("c", author="bob"),
    line("d", author="zoe"),
    line("e", author="", role="assistant"),
    line("f", author="ann", role="assistant"),
    line("g", author="gpt", role="assistant"),
    line("h", author="", role="system"),
]
UNLINKED = [
    ("ann", "", "user"), ("ann", "", "user"), (None, "bob", "user"), (None, "zoe", "user"),
    (None, "Assistant", "assistant"), (None, "ann", "assistant"), (None, "gpt", "assistant"),
    (None, "System", "system"),
]  # fmt: skip


def test_nobody_speaks_for_another_user_through_an_upload(ann: User, bob: User) -> None:
    imported(ann, csv_bytes(*SAID_BY))
    assert authors() == UNLINKED
    assert not Membership.objects.filter(user=bob).exists()


def test_an_operator_links_authors_to_users_and_makes_them_members(ann: User, bob: User) -> None:
    imported(ann, csv_bytes(*SAID_BY), links_users=True)
    assert authors() == [*UNLINKED[:2], ("bob", "", "user"), *UNLINKED[3:]]
    [listed] = list_conversations(user_id=bob.pk).results
    assert (listed.role, listed.unread) == ("member", 0)
    assert counts(imported(ann, csv_bytes(*SAID_BY, line("i", author="bob")), links_users=True)) == (1, 8, 0)


def test_the_owner_may_be_renamed_between_two_imports(ann: User) -> None:
    imported(ann, csv_bytes(line("one", author="")))
    ann.username = "anna"
    ann.save()
    assert counts(imported(ann, csv_bytes(line("one", author="")))) == (0, 1, 0)


def test_lines_with_the_same_id_are_one_conversation(ann: User) -> None:
    data = jsonl_bytes(dialogue(("user", "a"), id="c"), dialogue(("assistant", "b"), id="c"))
    assert counts(imported(ann, data, "a.jsonl")) == (2, 0, 0)
    assert texts() == ["a", "b"]


def test_a_dry_run_counts_and_writes_nothing(ann: User, monkeypatch: Patch) -> None:
    monkeypatch.setattr(run_module, "BATCH_ROWS", 2)
    imported(ann, csv_bytes(line("one")))
    data = csv_bytes(line("one"), line("two"), line(" "), line("two"), line("x", conversation="new"))
    outcome = imported(ann, data, is_dry_run=True)
    assert (counts(outcome), reasons(outcome)) == ((3, 1, 1), [(4, "text: is blank.")])
    assert (texts(), Conversation.objects.count()) == (["one"], 1)
    assert counts(imported(ann, data)) == (3, 1, 1)


def test_keeps_the_first_thousand_refusals_and_counts_all(ann: User) -> None:
    outcome = imported(ann, csv_bytes(*[line(" ")] * 1234))
    assert (outcome.refused, len(outcome.refusals)) == (1234, 1000)


def test_a_failure_between_two_batches_leaves_whole_batches(ann: User, monkeypatch: Patch) -> None:
    monkeypatch.setattr(run_module, "BATCH_ROWS", 2)
    calls: list[int] = []

    def failing(*_: Any) -> str:
        calls.append(1)
        if len(calls) == 4:
            raise InvalidError("file", "made to fail.")
        return "<p></p>"

    monkeypatch.setattr(batch_module, "rendered", failing)
    with pytest.raises(InvalidError):
        imported(ann, csv_bytes(*THREE, line("four")))
    assert (texts(), only().last_sequence) == (["one", "two"], 2)
    monkeypatch.undo()
    assert counts(imported(ann, csv_bytes(*THREE, line("four")))) == (2, 2, 0)
    assert texts() == ["one", "two", "three", "four"]


def test_looks_again_when_a_conversation_is_deleted_before_it_is_locked(ann: User, monkeypatch: Patch) -> None:
    imported(ann, csv_bytes(line("one")))
    render, gone = batch_module.rendered, only()

    def deleting(text: str) -> str:
        Conversation.objects.filter(pk=gone.pk).update(deleted_at=timezone.now(), source_id="")
        return render(text)

    monkeypatch.setattr(batch_module, "rendered", deleting)
    assert counts(imported(ann, csv_bytes(line("one"), line("two")))) == (2, 0, 0)
    assert texts() == ["one", "two"]


def test_looks_again_when_a_conversation_is_deleted_while_it_is_locked(ann: User, monkeypatch: Patch) -> None:
    find, stale = target_module.found_targets, [{"c": Target(id=10**9, last_sequence=0, last_event=0)}]
    monkeypatch.setattr(target_module, "found_targets", lambda **options: stale.pop() if stale else find(**options))
    assert counts(imported(ann, csv_bytes(line("one")))) == (1, 0, 0)
    assert texts() == ["one"]


def test_gives_up_when_conversations_go_faster_than_they_can_be_written(ann: User, monkeypatch: Patch) -> None:
    def gone(**_: Any) -> dict[str, Target]:
        raise GoneError

    monkeypatch.setattr(batch_module, "locked_targets", gone)
    with pytest.raises(GoneError):
        imported(ann, csv_bytes(line("one")))
    assert not Message.objects.exists()


def test_rows_that_another_import_brought_in_meanwhile_are_not_doubled(ann: User, monkeypatch: Patch) -> None:
    imported(ann, csv_bytes(line("one")))
    render, done = batch_module.rendered, []

    def racing(text: str) -> str:
        if not done:
            done.append(1)
            imported(ann, csv_bytes(line("one"), line("two")))
        return render(text)

    monkeypatch.setattr(batch_module, "rendered", racing)
    assert counts(imported(ann, csv_bytes(line("one"), line("two"), line("three")))) == (1, 2, 0)
    assert (texts(), sequences()) == (["one", "two", "three"], [1, 2, 3])


@pytest.mark.django_db(transaction=True)
def test_threads_that_import_the_same_file_at_once_store_it_once(ann: User) -> None:
    data = csv_bytes(*[line(f"row {number}", conversation=f"c{number % 7}") for number in range(3000)])
    barrier = threading.Barrier(4)
    found: list[tuple[int, int, int]] = []

    def work() -> None:
        try:
            barrier.wait(timeout=30)
            found.append(counts(imported(ann, data)))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert (sum(one[0] for one in found), sum(one[1] for one in found)) == (3000, 9000)
    for number in range(7):
        assert texts(f"c{number}") == [f"row {row}" for row in range(number, 3000, 7)]
        assert sequences(f"c{number}") == list(range(1, len(sequences(f"c{number}")) + 1))
