"""The database's own refusal to change or delete records, on both engines; for migrations."""

from collections.abc import Iterator

POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION tuning_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def triggers(vendor: str, table: str) -> Iterator[str]:
    """Yield the statements that make a table append-only."""
    if vendor == "postgresql":
        yield POSTGRESQL_FUNCTION
    for event in ("update", "delete"):
        body = (
            "FOR EACH ROW EXECUTE FUNCTION tuning_append_only()"
            if vendor == "postgresql"
            else f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        yield f"CREATE TRIGGER {trigger_name(table, event)} BEFORE {event.upper()} ON {table} {body}"


def without_triggers(vendor: str, table: str) -> Iterator[str]:
    """Yield the statements that take the refusal away again."""
    on = f" ON {table}" if vendor == "postgresql" else ""
    for event in ("update", "delete"):
        yield f"DROP TRIGGER IF EXISTS {trigger_name(table, event)}{on}"


def trigger_name(table: str, event: str) -> str:
    """Return the name of the trigger that refuses the event."""
    return f"{table}_no_{event}"
