"""Breakers from the shell: how they stand, and staff's orders with the same audit as in the admin."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from apps.backplane.current import bus, stop_bus
from apps.resilience.exceptions import UnknownPipelineError
from apps.resilience.overview import Standing, standing, standings
from apps.resilience.services import Command as Order
from apps.resilience.services import order_breaker
from apps.tuning.actor import SYSTEM, Actor
from apps.tuning.current import refresh
from apps.tuning.exceptions import TuningError

ALONE = "Without Redis a server's breakers are seen in its admin alone; what staff ordered is shown here."


class Command(BaseCommand):
    """One action, for one dependency or, to list, for all."""

    help = "List the circuit breakers, force one open, close, reset or disable it, in every process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the action and what it takes."""
        parser.add_argument("action", nargs="?", default="list", choices=("list", *(order.value for order in Order)))
        parser.add_argument("name", nargs="?", help="the dependency")
        parser.add_argument("--reason", help="why; kept in the history and the audit log")
        parser.add_argument("--actor", help="the account that answers for it (the system)")

    def handle(self, *_: Any, action: str, name: str | None, reason: str | None, actor: str | None, **__: Any) -> None:
        """Do it; raise CommandError in one line."""
        try:
            if action == "list":
                self.show(name)
            else:
                self.order(Order(action), name, reason, actor)
        except (TuningError, UnknownPipelineError) as error:
            raise CommandError(str(error)) from None

    def show(self, name: str | None) -> None:
        """Write a line per dependency and process."""
        refresh()
        for one in [standing(name)] if name else standings():
            for line in lines(one):
                self.stdout.write(line)
        if not settings.REDIS_URL:
            self.stdout.write(ALONE)

    def order(self, order: Order, name: str | None, reason: str | None, actor: str | None) -> None:
        """Give the order; the servers hear of it before this process ends."""
        if not name or not reason:
            raise CommandError(f"{order.value} needs the NAME of a dependency and --reason.")
        bus()
        try:
            changed = order_breaker(name=name, command=order, actor=found_actor(actor), reason=reason)
        finally:
            stop_bus()
        self.stdout.write(f"{name}: {order.value}, revision {changed.number} of {changed.policy}.")


def lines(one: Standing) -> list[str]:
    """Return what is told of a dependency."""
    if not settings.REDIS_URL:
        return [f"{one.name}: {one.policy.mode}"]
    return [
        f"{one.name}: {process.view['state']} in {process.origin}: {process.view['window_failures']} of "
        f"{process.view['window_calls']} failed, {process.view['rejected']} rejected"
        + (f"; {process.view['reason']}" if process.view["state"] != "closed" else "")
        for process in one.processes
    ]


def found_actor(name: str | None) -> Actor:
    """Return who orders it; raise CommandError for an unknown account."""
    if name is None:
        return SYSTEM
    user = get_user_model().objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"--actor: there is no active account {name!r}.")
    return Actor(id=user.pk, name=user.get_username())
