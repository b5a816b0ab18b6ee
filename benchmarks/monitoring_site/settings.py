"""The project's settings, watched as they come, with two views beside the site's own."""

from perfsite.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.monitoring_site.urls"
LOGGING["root"]["level"] = "WARNING"  # noqa: F405
