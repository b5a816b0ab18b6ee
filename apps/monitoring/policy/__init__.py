"""What staff may turn in what is watched; each room's policies are in a file of their own."""

from apps.monitoring.policy import alerts
from apps.monitoring.policy.browser import BROWSER
from apps.monitoring.policy.health import HEALTH
from apps.monitoring.policy.history import HISTORY
from apps.monitoring.policy.otlp import otlp
from apps.monitoring.policy.pages import PAGES
from apps.monitoring.policy.recorders import REGISTERED, REQUESTS
from apps.monitoring.policy.retention import RETENTION
from apps.monitoring.policy.traces import TRACES

__all__ = ("BROWSER", "HEALTH", "HISTORY", "PAGES", "REGISTERED", "REQUESTS", "RETENTION", "TRACES", "alerts", "otlp")
