"""The settings of a site that tells what it has counted, with broken recorders."""

from tests.monitoring.recorders.site.settings import *  # noqa: F403

INSTALLED_APPS += ["tests.monitoring.recorders.broken.apps.BrokenConfig"]  # noqa: F405
