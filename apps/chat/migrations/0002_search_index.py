"""Full-text search: a generated tsvector with a GIN index on Postgres, an FTS5 table kept by triggers on SQLite.

Both split words at ASCII punctuation and fold case, without stemming: chats are in any language. Whoever makes a
migration that rebuilds chat_message on SQLite (Django copies the table) must run SQLITE_TRIGGERS again; a test tells.
"""

from django.db import migrations

POSTGRES = """
ALTER TABLE chat_message ADD COLUMN search tsvector GENERATED ALWAYS AS (
    to_tsvector('simple', translate(text, '!"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~', repeat(' ', 32)))
) STORED;
CREATE INDEX message_by_words ON chat_message USING gin (search);
"""
POSTGRES_REVERSE = "ALTER TABLE chat_message DROP COLUMN search;"

SQLITE_TABLE = """
CREATE VIRTUAL TABLE chat_message_words USING fts5(
    text, content='chat_message', content_rowid='id', tokenize="unicode61 remove_diacritics 0"
)
"""
SQLITE_TRIGGERS = (
    """
CREATE TRIGGER chat_message_words_insert AFTER INSERT ON chat_message WHEN new.text <> '' BEGIN
    INSERT INTO chat_message_words(rowid, text) VALUES (new.id, new.text);
END
""",
    """
CREATE TRIGGER chat_message_words_delete AFTER DELETE ON chat_message WHEN old.text <> '' BEGIN
    INSERT INTO chat_message_words(chat_message_words, rowid, text) VALUES ('delete', old.id, old.text);
END
""",
    """
CREATE TRIGGER chat_message_words_update AFTER UPDATE OF text ON chat_message WHEN old.text <> new.text BEGIN
    INSERT INTO chat_message_words(chat_message_words, rowid, text)
        SELECT 'delete', old.id, old.text WHERE old.text <> '';
    INSERT INTO chat_message_words(rowid, text) SELECT new.id, new.text WHERE new.text <> '';
END
""",
)


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRES, params=None)
        return
    for statement in (SQLITE_TABLE, *SQLITE_TRIGGERS):
        schema_editor.execute(statement, params=None)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRES_REVERSE)
        return
    for name in ("insert", "delete", "update"):
        schema_editor.execute(f"DROP TRIGGER IF EXISTS chat_message_words_{name}")
    schema_editor.execute("DROP TABLE IF EXISTS chat_message_words")


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
