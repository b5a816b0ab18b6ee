"""What was watched, in the admin; each room's pages are in a file of their own."""

from apps.monitoring.admin.alerts import AlertAdmin
from apps.monitoring.admin.browser import FeedbackAdmin, PageMeasurementAdmin
from apps.monitoring.admin.health import HealthChangeAdmin

__all__ = ("AlertAdmin", "FeedbackAdmin", "HealthChangeAdmin", "PageMeasurementAdmin")
