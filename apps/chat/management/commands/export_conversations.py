"""`manage.py export_conversations`: take conversations out from the shell."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.chat.exceptions import NotFoundError
from apps.chat.models import User
from apps.chat.services.exports import EXPORT_FORMATS, export_conversations


class Command(BaseCommand):
    """Streams to a file or to standard output."""

    help = "Export conversations as CSV or OpenAI chat JSONL, in the form import_conversations reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--format", choices=EXPORT_FORMATS, default="csv")
        parser.add_argument("--owner", help="only conversations this user is a member of; by default all")
        parser.add_argument("--conversation", type=int, action="append", metavar="ID", help="only this one; repeatable")
        parser.add_argument("--output", type=Path, metavar="FILE", help="by default standard output")

    def handle(
        self,
        *_: Any,
        format: str,  # noqa: A002
        owner: str | None,
        conversation: list[int] | None,
        output: Path | None,
        **__: Any,
    ) -> None:
        """Write every chunk as it is made."""
        try:
            chunks = export_conversations(user_id=_user_id(owner), format=format, conversation_ids=conversation)
        except NotFoundError as error:
            raise CommandError(f"--conversation: {error}") from None
        if output is None:
            _print(chunks)
            return
        try:
            with output.open("wb") as file:
                file.writelines(chunks)
        except OSError as error:
            raise CommandError(f"--output: {output} cannot be written: {error.strerror}.") from None


def _print(chunks: Iterator[bytes]) -> None:
    for chunk in chunks:
        sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()


def _user_id(username: str | None) -> int | None:
    if username is None:
        return None
    found = User.objects.filter(username=username).first()
    if found is None:
        raise CommandError(f"--owner: there is no user {username!r}.")
    return int(found.pk)
