"""Policies from the shell: the admin's knobs with the same validation, history and audit."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from apps.backplane.current import bus, stop_bus
from apps.tuning import listing
from apps.tuning.actor import SYSTEM, Actor
from apps.tuning.exceptions import PolicyError, TuningError
from apps.tuning.overview import standing
from apps.tuning.registry import handle_of
from apps.tuning.schema import schema_of
from apps.tuning.services.changes import Changed, change_policy, revert_policy
from apps.tuning.services.exchange import export_policies, import_policies
from apps.tuning.services.history import history


class Command(BaseCommand):
    """Each action has its method."""

    help = "List, read, change and take back the policies that staff turn while the site runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the actions and what each takes."""
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="every policy").add_argument("--json", action="store_true", dest="as_json")
        for action, text in (("get", "values"), ("history", "revisions and what they changed"), ("schema", "schema")):
            actions.add_parser(action, help=f"a policy's {text}").add_argument("name")
        change = actions.add_parser("set", help="change values: NAME FIELD=VALUE …")
        change.add_argument("name")
        change.add_argument("values", nargs="+", metavar="FIELD=VALUE")
        revert = actions.add_parser("revert", help="take a policy back to a revision; 0 is the defaults")
        revert.add_argument("name")
        revert.add_argument("number", type=int, metavar="REVISION")
        actions.add_parser("export", help="all policies as a file").add_argument("file", nargs="?", default="-")
        load = actions.add_parser("import", help="apply such a file: all of it, or nothing")
        load.add_argument("file")
        for writing in (change, revert, load):
            writing.add_argument("--reason", required=True, help="why; kept in the history and the audit log")
            writing.add_argument("--actor", help="the account that answers for it (the system)")

    def handle(self, *_: Any, action: str, **options: Any) -> None:
        """Do it; raise CommandError in one line."""
        try:
            getattr(self, f"do_{action}")(**options)
        except TuningError as error:
            raise CommandError(str(error)) from None

    def do_list(self, *, as_json: bool, **_: Any) -> None:
        """Write all policies and who follows them."""
        self.stdout.write(json.dumps(listing.document(), indent=1) if as_json else listing.text())

    def do_get(self, *, name: str, **_: Any) -> None:
        """Write one policy's values as FIELD=VALUE, the form that `set` takes."""
        self.stdout.write(listing.values_text(standing(name)))

    def do_schema(self, *, name: str, **_: Any) -> None:
        """Write one policy's JSON Schema."""
        self.stdout.write(json.dumps(schema_of(handle_of(name)), indent=1))

    def do_history(self, *, name: str, **_: Any) -> None:
        """Write all revisions, the latest first."""
        before = None
        while True:
            page = history(name=name, before=before)
            for step in page.steps:
                self.stdout.write(listing.step_text(step))
            before = page.next_before
            if before is None:
                return

    def do_set(self, *, name: str, values: list[str], **order: Any) -> None:
        """Change the named values."""
        handle = handle_of(name)
        fields = {field.name: field for field in handle.fields}
        changes: dict[str, object] = {}
        for field, separator, text in (value.partition("=") for value in values):
            if not separator:
                raise PolicyError(field, "write FIELD=VALUE.")
            changes[field] = fields[field].parsed(text) if field in fields else text
        self.change(lambda: [change_policy(name=name, changes=changes, **ordered(**order))])

    def do_revert(self, *, name: str, number: int, **order: Any) -> None:
        """Take the policy back."""
        self.change(lambda: [revert_policy(name=name, number=number, **ordered(**order))])

    def do_import(self, *, file: str, **order: Any) -> None:
        """Apply a file of policies."""
        document = read_json(file)
        self.change(lambda: import_policies(document=document, **ordered(**order)))

    def do_export(self, *, file: str, **_: Any) -> None:
        """Write a file of policies, to the standard output by default."""
        text = json.dumps(export_policies(), indent=1) + "\n"
        if file == "-":
            self.stdout.write(text, ending="")
        else:
            Path(file).write_text(text)

    def change(self, work: Callable[[], list[Changed]]) -> None:
        """Do the work and tell what came of it; the servers hear of it before this process ends."""
        bus()
        try:
            for changed in work():
                self.stdout.write(listing.changed_text(changed))
        finally:
            stop_bus()


def ordered(*, reason: str, actor: str | None, **_: Any) -> dict[str, Any]:
    """Return who and why; raise CommandError for an unknown account."""
    if actor is None:
        return {"actor": SYSTEM, "reason": reason}
    user = get_user_model().objects.filter(username=actor, is_active=True).first()
    if user is None:
        raise CommandError(f"--actor: there is no active account {actor!r}.")
    return {"actor": Actor(id=user.pk, name=user.get_username()), "reason": reason}


def read_json(file: str) -> object:
    """Return the content of a JSON file, - for the standard input; raise CommandError for anything else."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text()
        return json.loads(text)
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}.") from None
    except ValueError as error:
        raise CommandError(f"{file}: is no JSON: {error}.") from None
