"""The project's settings, with views that take their time."""

from perfsite.settings import *  # noqa: F403

ROOT_URLCONF = "tests.stack.flights.urls"
