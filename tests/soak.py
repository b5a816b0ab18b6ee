"""Tests that come in two lengths: a short one in every run, the whole in `make soak`."""

import os

IS_SOAK = os.environ.get("TEST_SOAK") == "1"


def length(whole: int, *, short: int) -> int:
    """Return how much of it this run does. Tests that ask carry the mark `soak`."""
    return whole if IS_SOAK else short
