"""Every change takes a number, so that live readers can tell what they lack. What is there begins at its own number.

On SQLite this copies chat_message, so the triggers of 0002 are made again.
"""

from importlib import import_module

from django.db import migrations, models
from django.db.models import F

TRIGGERS = import_module("apps.chat.migrations.0002_search_index").SQLITE_TRIGGERS


def number(apps, schema_editor):
    apps.get_model("chat", "Message").objects.update(event=F("sequence"))
    apps.get_model("chat", "Conversation").objects.update(last_event=F("last_sequence"))


def restore_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for name in ("insert", "delete", "update"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS chat_message_words_{name}")
        for statement in TRIGGERS:
            schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("chat", "0002_search_index")]
    operations = [
        migrations.RunPython(migrations.RunPython.noop, restore_triggers),
        migrations.AddField(
            "conversation", "last_event", models.PositiveBigIntegerField(default=0, editable=False)
        ),
        migrations.AddField(
            "message",
            "event",
            models.PositiveBigIntegerField(
                default=0, editable=False, help_text="The number of its last change within the conversation."
            ),
            preserve_default=False,
        ),
        migrations.RunPython(number, migrations.RunPython.noop),
        migrations.AddConstraint(
            "message", models.UniqueConstraint(fields=["conversation", "event"], name="message_event_once")
        ),
        migrations.RunPython(restore_triggers, migrations.RunPython.noop),
    ]
