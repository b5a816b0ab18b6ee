"""The project's settings with two views beside the site's."""

from perfsite.settings import *  # noqa: F403

ROOT_URLCONF = "tests.monitoring.recorders.site.urls"
