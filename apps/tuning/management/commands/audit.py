"""The audit log from the shell: checked, or streamed."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.tuning.canonical import canonical
from apps.tuning.verification import exported, verify


class Command(BaseCommand):
    """Ends with status 1 where the log is not sound."""

    help = "Verify the audit log's hash chain, or write it out as JSON lines."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what can be done."""
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("verify", help="check every entry, the end of the log and the revisions of policies")
        actions.add_parser("export", help="write every entry with its hash, a JSON object a line")

    def handle(self, *_: Any, action: str, **__: Any) -> None:
        """Do it; raise CommandError naming the first fault."""
        if action == "export":
            for entry in exported():
                self.stdout.write(canonical(entry))
            return
        found = verify()
        if found.fault:
            raise CommandError(f"The audit log is not sound. {found.fault}")
        self.stdout.write(f"{found.entries:,} entries, all sound. Last hash: {found.hash or 'none'}")
