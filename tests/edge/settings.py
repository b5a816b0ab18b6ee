"""The project's settings with the views that the edge's tests call."""

from perfsite.settings import *  # noqa: F403

ROOT_URLCONF = "tests.edge.urls"
