"""The project's settings, and the app that kills the process where a test says."""

from perfsite.settings import *  # noqa: F403
from perfsite.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.stack.idempotency.apps.FaultsConfig"]
