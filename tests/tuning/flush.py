"""Let pytest's flush empty the tables of records on SQLite, where it deletes rows; on Postgres it truncates."""

from typing import Any

from django.db.backends.sqlite3.operations import DatabaseOperations

from apps.tuning.triggers import trigger_name, triggers, without_triggers


def let_flush_empty_records() -> None:
    """Wrap Django's flush: the triggers that refuse to delete are taken away for its length."""
    flush = DatabaseOperations.execute_sql_flush

    def emptied(self: DatabaseOperations, sql_list: Any) -> None:
        with self.connection.cursor() as cursor:
            tables = protected(cursor)
            for table in tables:
                run(cursor, without_triggers("sqlite", table))
            flush(self, sql_list)
            for table in tables:
                run(cursor, triggers("sqlite", table))

    DatabaseOperations.execute_sql_flush = emptied  # type: ignore[method-assign]


def protected(cursor: Any) -> list[str]:
    """Return the tables that have such a trigger."""
    cursor.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")
    return [table for name, table in cursor.fetchall() if name == trigger_name(table, "delete")]


def run(cursor: Any, statements: Any) -> None:
    """Run the statements."""
    for statement in statements:
        cursor.execute(statement)
