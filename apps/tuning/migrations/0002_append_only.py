"""Let the database itself refuse to change or delete records (docs/decisions/0010).

Whoever makes a migration that rebuilds one of these tables on SQLite (Django copies the table and drops its triggers)
must run `protect` again; a test tells.
"""

from django.db import migrations

from apps.tuning.triggers import triggers, without_triggers

TABLES = ("tuning_policyrevision", "tuning_auditentry")


def protect(apps, schema_editor):
    for table in TABLES:
        for statement in triggers(schema_editor.connection.vendor, table):
            schema_editor.execute(statement, params=None)


def unprotect(apps, schema_editor):
    for table in TABLES:
        for statement in without_triggers(schema_editor.connection.vendor, table):
            schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("tuning", "0001_initial")]
    operations = [migrations.RunPython(protect, unprotect)]
