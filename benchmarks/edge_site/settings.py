"""The project's settings with the benchmark's URLs."""

from perfsite.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.edge_site.urls"
LOGGING["root"]["level"] = "WARNING"  # noqa: F405
