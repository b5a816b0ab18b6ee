"""Files as they come: packed, encoded, forged."""

import bz2
import gzip
import io
import stat
import struct
import zipfile
from typing import Any

import pytest

from apps.chat.exceptions import InvalidError
from apps.chat.imports.detection import detected_format
from apps.chat.imports.limits import MEBIBYTE, Limits
from apps.chat.imports.source import check_packing, opened
from apps.chat.models import Conversation, User
from tests.chat.imports.files import (
    counts,
    csv_bytes,
    gzipped,
    imported,
    jsonl_bytes,
    line,
    reasons,
    texts,
    zip_of,
    zipped,
)
from tests.chat.imports.trees import chain, export, tree

LIMITS = Limits(file_bytes=10 * MEBIBYTE, expanded_bytes=200 * MEBIBYTE)
ROWS = csv_bytes(line("grüße"), line("日本語 🙂"))
CHATGPT = export(tree(chain({"text": "words"}))).encode()


def refusal(data: bytes) -> str:
    """Return why the file as a whole is refused; it is always the file's fault."""
    with pytest.raises(InvalidError) as caught:
        check_packing(io.BytesIO(data), limits=LIMITS)
    assert caught.value.field == "file"
    return caught.value.reason


@pytest.mark.parametrize(
    "data",
    [
        ROWS,
        b"\xef\xbb\xbf" + ROWS,
        "\ufeff".encode("utf-16-le") + ROWS.decode().encode("utf-16-le"),
        "\ufeff".encode("utf-16-be") + ROWS.decode().encode("utf-16-be"),
        gzipped(ROWS),
        gzipped(b"\xef\xbb\xbf" + ROWS),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16-le", "utf-16-be", "gzip", "gzip with mark"],
)
def test_reads_every_encoding_and_packing(ann: User, data: bytes) -> None:
    assert counts(imported(ann, data)) == (2, 0, 0)
    assert texts() == ["grüße", "日本語 🙂"]


@pytest.mark.parametrize("field", range(5))
def test_refuses_only_the_row_whose_bytes_are_no_text(ann: User, field: int) -> None:
    broken = [b"c", b"zoe", b"user", b"", b"hello"]
    broken[field] += b"\xff\xfe"
    outcome = imported(ann, ROWS + b",".join(broken) + b"\r\n" + b"c,zoe,user,,last\r\n")
    assert reasons(outcome) == [(4, "is not valid UTF-8 or UTF-16.")]
    assert texts() == ["grüße", "日本語 🙂", "last"]


def test_refuses_only_the_row_with_half_a_character_in_utf_16(ann: User) -> None:
    head, tail = csv_bytes(line("one")).decode(), "c,zoe,user,,two\r\n"
    broken = "c,zoe,user,,x".encode("utf-16-le") + b"\x00\xd8" + "\r\n".encode("utf-16-le")
    data = b"\xff\xfe" + head.encode("utf-16-le") + broken + tail.encode("utf-16-le")
    assert reasons(imported(ann, data)) == [(3, "is not valid UTF-8 or UTF-16.")]
    assert texts() == ["one", "two"]


def test_refuses_only_the_message_whose_bytes_are_no_text_in_jsonl(ann: User) -> None:
    data = b'{"id": "c", "messages": [{"role": "user", "content": "a\xff"}, {"role": "user", "content": "b"}]}\n'
    assert reasons(imported(ann, data, "a.jsonl")) == [(1, "message 1: is not valid UTF-8 or UTF-16.")]
    assert texts() == ["b"]


@pytest.mark.parametrize("name", ["conversations.json", "export/conversations.json"])
def test_reads_conversations_json_of_a_zip_and_nothing_else(ann: User, name: str) -> None:
    data = zip_of(
        [("chat.html", b"<b>"), ("user.json", b"{"), (name, CHATGPT), ("inner.zip", zipped(conversations__json=b"["))]
    )
    assert counts(imported(ann, data, "export.zip")) == (1, 0, 0)


def test_prefers_conversations_json_at_the_root_of_a_zip(ann: User) -> None:
    data = zip_of([("old/conversations.json", b"["), ("conversations.json", CHATGPT)])
    assert counts(imported(ann, data, "export.zip")) == (1, 0, 0)


def linked(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../conversations.json",
        "a/../../b",
        "C:/x",
        "c:x",
        "..\\x",
        "\\x",
        linked("chat.html"),
        linked("conversations.json"),
    ],
    ids=str,
)
def test_refuses_a_zip_with_a_forged_name_before_anything_is_written(ann: User, name: Any) -> None:
    is_member = isinstance(name, zipfile.ZipInfo) and name.filename == "conversations.json"
    data = zip_of([(name, b"/etc/passwd")] if is_member else [("conversations.json", CHATGPT), (name, b"x")])
    assert refusal(data).startswith("holds a forged name")
    with pytest.raises(InvalidError, match="forged name"):
        imported(ann, data, "export.zip")
    assert not Conversation.objects.exists()


def encrypted() -> bytes:
    data = bytearray(zipped(conversations__json=CHATGPT))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    return bytes(data)


def crowded() -> bytes:
    """A zip whose directory says it has 4 GB."""
    data = bytearray(zipped(conversations__json=CHATGPT))
    end = data.index(b"PK\x05\x06")
    return bytes(data[:end]) + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 9, 9, 20 * MEBIBYTE, 0, 0)


def huge_directory() -> bytes:
    return b"\0" * (20 * MEBIBYTE) + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 9, 9, 20 * MEBIBYTE, 0, 0)


def other_packing() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("conversations.json", CHATGPT)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04" + b"x" * 100, "is a damaged zip"),
        (crowded(), "is a damaged zip"),
        (b"PK\x03\x04" + huge_directory(), "lists too many files"),
        (zipped(chat__html=b"x"), "holds no conversations.json"),
        (zip_of((f"{folder}/conversations.json", b"[]") for folder in "ab"), "holds conversations.json 2 times"),
        (encrypted(), "has conversations.json encrypted"),
        (other_packing(), "packed in another way than deflate"),
        (zipped(conversations__json=b"").replace(b"conversations", b"another_names", 1), "is a damaged zip"),
        (gzipped(ROWS)[:-9], "is damaged"),
        (gzipped(ROWS)[:-8] + b"\0" * 8, "is damaged"),
        (b"\x1f\x8bnothing of the sort", "is damaged"),
        (gzip.compress(bytes(64 * MEBIBYTE)), "unpacks to more than 200 times its size"),
        (gzip.compress(gzip.compress(bytes(3 * MEBIBYTE)) * 400 + bytes(220 * MEBIBYTE)), "unpacks to more than"),
        (zipped(conversations__json=bytes(64 * MEBIBYTE)), "unpacks to more than 200 times its size"),
    ],
    ids=range(14),
)
def test_refuses_damaged_odd_and_exploding_files(data: bytes, words: str) -> None:
    assert words in refusal(data)


def test_bounds_what_a_file_unpacks_to_however_well_it_packs() -> None:
    data = gzipped(ROWS * 20)
    with pytest.raises(InvalidError, match="unpacks to more than 0 MB"):
        check_packing(io.BytesIO(data), limits=Limits(file_bytes=None, expanded_bytes=len(ROWS) * 19))


def test_nothing_is_written_when_a_packed_file_turns_out_damaged_at_its_end(ann: User) -> None:
    rows = csv_bytes(*(line(f"row {number}") for number in range(3000)))
    with pytest.raises(InvalidError, match="is damaged"):
        imported(ann, gzipped(rows)[:-4])
    assert not Conversation.objects.exists()


def test_a_wrong_sum_inside_a_zip_is_damage() -> None:
    data = bytearray(zipped(conversations__json=CHATGPT))
    data[data.index(b"conversations.json") + 30] ^= 0xFF
    assert "is damaged" in refusal(bytes(data))


def test_a_glance_reads_no_more_than_it_is_asked_to() -> None:
    data = gzipped(ROWS * 20_000)[:-8] + b"\0" * 8
    check_packing(io.BytesIO(data), limits=LIMITS, at_most_bytes=len(ROWS))
    assert "is damaged" in refusal(data)


@pytest.mark.parametrize(
    ("filename", "data", "wanted", "expected"),
    [
        ("a.csv", b"[", "auto", "csv"),
        ("a.CSV.GZ", gzipped(b"{"), "auto", "csv"),
        ("a.jsonl", jsonl_bytes({}), "auto", "jsonl"),
        ("a.jsonl.gz", gzipped(jsonl_bytes({})), "auto", "jsonl"),
        ("conversations.json", CHATGPT, "auto", "chatgpt"),
        ("a", b"\xef\xbb\xbf \n[", "auto", "chatgpt"),
        ("a", b"\xff\xfe" + "{".encode("utf-16-le"), "auto", "jsonl"),
        ("a", b"conversation,text", "auto", "csv"),
        ("a", b"", "auto", "csv"),
        ("a.txt", b"[", "csv", "csv"),
        ("a.zip", zipped(conversations__json=CHATGPT), "auto", "chatgpt"),
        ("a.zip", zipped(conversations__json=CHATGPT), "chatgpt", "chatgpt"),
    ],
)
def test_recognises_formats(filename: str, data: bytes, wanted: str, expected: str) -> None:
    with opened(io.BytesIO(data), limits=LIMITS) as source:
        text = source.text.read()
    with opened(io.BytesIO(data), limits=LIMITS) as source:
        assert detected_format(source, filename=filename, wanted=wanted) == expected
        assert source.text.read() == text


@pytest.mark.parametrize(
    ("wanted", "words"), [("csv", "of a zip can only be chatgpt"), ("xml", "of a zip can only be")]
)
def test_refuses_a_zip_in_another_format(wanted: str, words: str) -> None:
    data = io.BytesIO(zipped(conversations__json=CHATGPT))
    with opened(data, limits=LIMITS) as source, pytest.raises(InvalidError, match=words) as caught:
        detected_format(source, filename="a.zip", wanted=wanted)
    assert caught.value.field == "format"


def test_refuses_an_unknown_format() -> None:
    with opened(io.BytesIO(ROWS), limits=LIMITS) as source, pytest.raises(InvalidError, match="is none of auto"):
        detected_format(source, filename="a.csv", wanted="xml")


def test_bz2_is_not_taken_for_anything_else() -> None:
    with opened(io.BytesIO(bz2.compress(ROWS)), limits=LIMITS) as source:
        assert source.packing == "plain"
