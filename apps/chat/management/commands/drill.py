"""`manage.py drill NAME`: something is made to fail on the running site, and what users saw is printed."""

import logging
import urllib.request
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.backplane.current import bus, stop_bus
from apps.chat.drill.course import Course
from apps.chat.drill.scene import NAMES, DrillError, scene_of
from apps.chat.drill.telling import told

ANSWER_SECONDS = 5.0


class Command(BaseCommand):
    """Exit status 0: everybody was answered and all is well again; 1: not so, or the drill cannot be run here."""

    help = "Run a failure drill on the running site and print what users saw."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the drill, and how long it lasts."""
        parser.add_argument("name", choices=NAMES)
        parser.add_argument("--url", default=f"http://127.0.0.1:{settings.PORT}", help="where the site runs")
        parser.add_argument("--users", type=int, default=4, help="how many people use the site meanwhile")
        parser.add_argument("--seconds", type=float, default=15.0, help="how long the failure lasts")
        parser.add_argument("--wait", type=float, default=150.0, help="how long it may take until all is well again")

    def handle(self, *_: Any, name: str, url: str, users: int, seconds: float, wait: float, **__: Any) -> None:
        """Run it; raise CommandError in one line."""
        try:
            scene = scene_of(name)
        except DrillError as error:
            raise CommandError(str(error)) from None
        require_site(url)
        logging.getLogger("apps").setLevel(logging.ERROR)  # what fails here fails on purpose
        self.stdout.write(f"{name}: {scene.told}, while {users} people use {url}.\n\n")
        course = Course(scene, url=url.rstrip("/"), users=users, seconds=seconds, patience_seconds=wait)
        bus()
        try:
            outcome = course.run(reason=f"drill {name}")
        finally:
            stop_bus()
        for line in told(outcome):
            self.stdout.write(line)
        if outcome.complaints:
            raise SystemExit(1)


def require_site(url: str) -> None:
    """Raise CommandError where no site answers."""
    if urlsplit(url).scheme not in {"http", "https"}:
        raise CommandError(f"--url: {url!r} is no address such as http://127.0.0.1:8000.")
    try:
        with urllib.request.urlopen(f"{url}/accounts/login/", timeout=ANSWER_SECONDS):  # noqa: S310  (checked above)
            return
    except OSError as error:
        raise CommandError(f"No site answers at {url} ({error}). Start it with `make run`, or give --url.") from None
