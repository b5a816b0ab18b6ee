"""`manage.py import_conversations FILE`: bring a file of conversations in from the shell."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from apps.chat.exceptions import InvalidError
from apps.chat.imports.detection import AUTO, FORMATS
from apps.chat.imports.outcome import Outcome
from apps.chat.models import User
from apps.chat.services.imports import import_file

SHOWN_REFUSALS = 20


class Command(BaseCommand):
    """Reads the file to its end (exit status 0, also with refused rows) or says why it cannot (1)."""

    help = "Import conversations from CSV, OpenAI chat JSONL or a ChatGPT export. Running it again adds nothing twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path, help="plain or .gz; a ChatGPT export also as .zip")
        parser.add_argument("--owner", help="whose the conversations become; by default the first superuser or user")
        parser.add_argument("--format", choices=[AUTO, *FORMATS], default=AUTO)
        parser.add_argument("--dry-run", action="store_true", help="count and check everything, write nothing")

    def handle(self, *_: Any, file: Path, owner: str | None, **options: Any) -> None:
        """Import and print the summary."""
        user = found_owner(owner)
        try:
            if not file.is_file():
                raise CommandError(f"file: {file} is no file." if file.exists() else f"file: there is no {file}.")
            outcome = self._imported(file, user, options)
        except InvalidError as error:
            raise CommandError(f"{error.field}: {file.name} {error.reason}") from None
        except OSError as error:
            raise CommandError(f"file: {file} cannot be read: {error.strerror}.") from None
        self._summarise(outcome, is_dry_run=options["dry_run"])

    def _imported(self, file: Path, user: User, options: dict[str, Any]) -> Outcome:
        bar = tqdm(total=file.stat().st_size, unit="B", unit_scale=True, disable=not sys.stderr.isatty())
        with bar:

            def report(outcome: Outcome) -> None:
                bar.update(outcome.read_bytes - bar.n)
                bar.set_postfix(rows=outcome.imported + outcome.known, refresh=False)

            return import_file(
                path=file, owner_id=user.pk, format=options["format"], is_dry_run=options["dry_run"], report=report
            )

    def _summarise(self, outcome: Outcome, *, is_dry_run: bool) -> None:
        word = "would import" if is_dry_run else "imported"
        self.stdout.write(f"{word} {outcome.imported:,}, known {outcome.known:,}, refused {outcome.refused:,}")
        for refusal in outcome.refusals[:SHOWN_REFUSALS]:
            self.stdout.write(f"  line {refusal.line}: {refusal.reason}")
        if outcome.refused > SHOWN_REFUSALS:
            self.stdout.write(f"  +{outcome.refused - SHOWN_REFUSALS:,} more")


def found_owner(username: str | None) -> User:
    """Return the named user, or without a name the first superuser or user; raise CommandError."""
    if username is not None:
        found = User.objects.filter(username=username).first()
        if found is None:
            raise CommandError(f"--owner: there is no user {username!r}.")
        return found
    first = User.objects.order_by("-is_superuser", "pk").first()
    if first is None:
        raise CommandError("There is no user yet. Run createsuperuser or demo_data first, or pass --owner.")
    return first
