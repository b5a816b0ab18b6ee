"""Health from the shell: of what every process of the site depends on, looked at from here and now."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from apps.monitoring.health.checks import site_checks
from apps.monitoring.health.panel import looked_once
from apps.monitoring.health.report import report_of
from apps.monitoring.health.status import ORDER
from apps.monitoring.policy.health import HEALTH
from apps.tuning.current import refresh

LEAST_SECONDS = 5.0  # a command loads while it looks, and nobody probes it


class Command(BaseCommand):
    """Looks by itself and asks no server: what a server alone knows is not told."""

    help = "Tell the site's health: ends with 0 where it is well, 1 where it warns, 2 where it fails."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare how much is told."""
        parser.add_argument("--detailed", action="store_true", help="tell every check")

    def handle(self, *_: Any, detailed: bool, **__: Any) -> None:
        """Write the document and end with the status."""
        try:
            refresh()
        except DatabaseError:  # the checks tell; the bounds are the defaults
            self.stderr.write("The policies cannot be read.")
        seconds = max(LEAST_SECONDS, HEALTH.current.timeout_seconds)
        report = report_of(looked_once(site_checks(), timeout_seconds=seconds))
        self.stdout.write((report.detailed if detailed else report.brief).decode())
        sys.exit(ORDER.index(report.status))
