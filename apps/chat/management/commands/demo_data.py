"""`manage.py demo_data`: people and conversations to try the chat with."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.chat.demo.plan import make_demo
from apps.chat.exceptions import InvalidError


class Command(BaseCommand):
    """Adds what is missing; the same seed makes the same people say the same things."""

    help = "Make demo users demo1…N and conversations among them. Running it again adds nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--users", type=_positive, default=5, metavar="N")
        parser.add_argument("--conversations", type=_positive, default=12, metavar="N")
        parser.add_argument("--messages", type=_positive, default=3000, metavar="N", help="in all conversations")
        parser.add_argument("--seed", type=int, default=1, metavar="S")

    def handle(self, *_: Any, users: int, conversations: int, messages: int, seed: int, **__: Any) -> None:
        """Make the demo and say what was added."""
        if messages < conversations:
            raise CommandError("--messages: there must be at least one for each conversation.")
        try:
            made = make_demo(users=users, conversations=conversations, messages=messages, seed=seed)
        except InvalidError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"added {made.users} users, {made.conversations} conversations, {made.messages:,} messages;"
            f" sign in as demo1 (of demo1…demo{users}) with DEMO_PASSWORD. For the admin, run createsuperuser."
        )


def _positive(word: str) -> int:
    try:
        number = int(word)
    except ValueError:
        number = 0
    if number < 1:
        raise ArgumentTypeError(f"{word!r} is not a whole number above 0.")
    return number
