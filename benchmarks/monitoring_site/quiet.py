"""The same, not watched."""

from benchmarks.monitoring_site.settings import *  # noqa: F403

MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("apps.monitoring.")]  # noqa: F405
