"""`manage.py invalidate_cache`: have the cache forget, from the shell, with the same audit as in the admin."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from apps.backplane.current import bus, stop_bus
from apps.caching.exceptions import CachingError
from apps.caching.orders import clear, clear_all, invalidate_tags
from apps.tuning.actor import SYSTEM, Actor
from apps.tuning.exceptions import TuningError


class Command(BaseCommand):
    """By tag, by namespace, or all."""

    help = "Let values of the cache be current no more, in every process. The reason is kept in the audit log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what is to be forgotten."""
        chosen = parser.add_mutually_exclusive_group(required=True)
        chosen.add_argument("--tag", nargs="+", metavar="TAG", help="all that is made of it, as in conversation:7")
        chosen.add_argument("--namespace", help="all of one namespace, as in chat.history")
        chosen.add_argument("--all", action="store_true", help="everything")
        parser.add_argument("--reason", required=True, help="why; kept in the audit log")
        parser.add_argument("--actor", help="the account that answers for it (the system)")

    def handle(self, *_: Any, reason: str, actor: str | None, **options: Any) -> None:
        """Do it; the servers hear of it before this process ends. Raises CommandError in one line."""
        bus()
        try:
            self.stdout.write(done(options, found_actor(actor), reason))
        except (TuningError, CachingError, ValueError) as error:
            raise CommandError(str(error)) from None
        finally:
            stop_bus()


def done(options: dict[str, Any], actor: Actor, reason: str) -> str:
    """Forget, and return what was."""
    if options["tag"]:
        invalidate_tags(tags=options["tag"], actor=actor, reason=reason)
        return f"Invalidated: {', '.join(options['tag'])}."
    if options["namespace"]:
        clear(names=[options["namespace"]], actor=actor, reason=reason)
        return f"Cleared: {options['namespace']}."
    return f"Cleared: all {clear_all(actor=actor, reason=reason)} namespaces."


def found_actor(name: str | None) -> Actor:
    """Return who orders it; raise CommandError for an unknown account."""
    if name is None:
        return SYSTEM
    user = get_user_model().objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"--actor: there is no active account {name!r}.")
    return Actor(id=user.pk, name=user.get_username())
