"""The project's settings with one more URL, which says what was counted."""

from perfsite.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.refresh.urls"
LOGGING["root"]["level"] = "WARNING"  # noqa: F405
