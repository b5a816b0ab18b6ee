"""The project's settings, with views that fail, dawdle and talk."""

from perfsite.settings import *  # noqa: F403

ROOT_URLCONF = "tests.stack.monitoring.urls"
