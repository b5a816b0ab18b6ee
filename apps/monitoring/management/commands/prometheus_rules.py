"""`manage.py prometheus_rules`: what docker/prometheus/rules.yml holds."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.monitoring.slo.rules import rules_file


class Command(BaseCommand):
    """Prints what Prometheus is to record and to raise alarms by."""

    help = "Print the rules for Prometheus that follow from the site's objectives."

    def handle(self, *_: Any, **__: Any) -> None:
        """Print them."""
        self.stdout.write(rules_file(), ending="")
