"""What the tests of tuning share."""

from tests.tuning.lamp import lamp

__all__ = ("lamp",)
