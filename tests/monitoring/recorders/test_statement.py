"""Statements without values."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.monitoring.archive.statement import KNOWN, MAX_CHARACTERS, Statement, Statements, statement_of, without_values

SECRET = "Zq7"
words = st.text(alphabet="abc '\"%\\-/*$?1", max_size=20)


@pytest.mark.parametrize(
    ("sql", "operation", "table", "text"),
    [
        (
            'SELECT "a"."id" FROM "chat_message" a WHERE "a"."id" IN (%s, %s, %s) LIMIT 21',
            "select", "chat_message", 'SELECT "a"."id" FROM "chat_message" a WHERE "a"."id" IN (?) LIMIT ?',
        ),
        ('INSERT INTO "t" ("a", "b") VALUES (%s, NULL), (%s, NULL)', "insert", "t",
         'INSERT INTO "t" ("a", "b") VALUES (?, NULL)'),
        ('UPDATE "x" SET "y" = -1.5e-3 /* Zq7 */ WHERE "v" = "Zq7@example.com" -- Zq7', "update", "x",
         'UPDATE "x" SET "y" = -?-? WHERE "v" = ?'),
        ('DELETE FROM "x" WHERE "id" IN (SELECT U0."id" FROM "y" U0)', "delete", "x",
         'DELETE FROM "x" WHERE "id" IN (SELECT U0."id" FROM "y" U0)'),
        ('SELECT EXTRACT(YEAR FROM "m"."at") FROM "m"', "select", "m", 'SELECT EXTRACT(YEAR FROM "m"."at") FROM "m"'),
        ('WITH RECURSIVE c AS (SELECT 1 FROM "k") SELECT * FROM c', "select", "k",
         'WITH RECURSIVE c AS (SELECT ? FROM "k") SELECT * FROM c'),
        ('SAVEPOINT "s139_x1"', "savepoint", "", "SAVEPOINT"),
        ("BEGIN IMMEDIATE", "begin", "", "BEGIN"),
        ("SELECT E'it\\'s Zq7', $$Zq7$$, $a$Zq7$a$, x'41', 'Zq7", "select", "", "SELECT ?, ?, ?, ?, ?"),
        ("HANDLER what OPEN", "other", "", "HANDLER what OPEN"),
        ("", "other", "", ""),
    ],
)  # fmt: skip
def test_a_statement_is_known_by_what_it_does(sql: str, operation: str, table: str, text: str) -> None:
    made = statement_of(sql)
    assert (made.operation, made.table, made.text) == (operation, table, text)


@settings(max_examples=300, deadline=None)
@given(words, words)
def test_no_value_survives(before: str, after: str) -> None:
    quoted = (before + SECRET + after).replace("'", "''").replace("\\", "")
    for sql in (f"SELECT '{quoted}' FROM \"t\"", f"SELECT '{quoted}", f"SELECT 1 WHERE \"a\" = '{quoted}' AND b = 7"):
        assert SECRET not in without_values(sql)


@given(st.integers(1, 50), st.integers(1, 50))
def test_lists_of_any_length_are_one_statement(one: int, other: int) -> None:
    texts = {without_values(f"SELECT a FROM t WHERE b IN ({', '.join(['%s'] * length)})") for length in (one, other)}
    assert len(texts) == 1


@given(st.integers(0), st.floats(0, 1e9))
def test_numbers_are_values(whole: int, part: float) -> None:
    text = without_values(f"SELECT a1 FROM t2 WHERE b = {whole} AND c < {part}")
    assert re.sub(r"\b[at]\d\b", "", text).count("?") >= 2
    assert not re.search(r"(?<![at])\d", text)


def test_a_long_text_is_cut_before_it_is_read() -> None:
    text = without_values("SELECT '" + "x" * (2 * MAX_CHARACTERS))
    assert text == "SELECT ?"


def test_a_statement_is_told_of_once_and_found_by_its_text_again() -> None:
    told: list[Statement] = []
    known = Statements(told.append)
    one, other = known.of("SELECT 1 FROM t"), known.of("SELECT 2 FROM t")
    assert one is other is known.of("SELECT 1 FROM t")
    assert told == [one]
    assert set(known.texts) == {"SELECT 1 FROM t", "SELECT 2 FROM t"}


def test_texts_without_end_take_no_memory_without_end() -> None:
    known = Statements(lambda _: None)
    for number in range(KNOWN + 100):
        known.of(f"SELECT {number} FROM t")
    known.of("SELECT '" + "x" * MAX_CHARACTERS)
    assert len(known.texts) == KNOWN
    assert "SELECT 0 FROM t" not in known.texts
