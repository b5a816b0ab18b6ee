"""A policy for tests, and the people who turn it."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Literal

import pytest

from apps.tuning import current
from apps.tuning.actor import Actor
from apps.tuning.declaration import Policy, policy
from apps.tuning.exceptions import PolicyError
from apps.tuning.handle import Handle
from apps.tuning.knob import knob
from apps.tuning.registry import declare, withdraw

ANN = Actor(id=7, name="ann")


class Colour(StrEnum):
    """What a lamp shines."""

    RED = "red"
    BLUE = "blue"


@policy
class LampPolicy(Policy):
    """How the lamp shines.

    More than the first line is not shown.
    """

    watts: int = knob(40, unit="W", minimum=1, maximum=100, group="Power", help="How bright.", effect="At once.")
    surge_watts: int = knob(60, unit="W", minimum=1, maximum=200, group="Power", help="At start.", effect="Next start.")
    fade_seconds: float = knob(0.5, unit="seconds", minimum=0, maximum=10, help="How slowly.", effect="Next switch.")
    is_on: bool = knob(default=True, help="Whether it shines.", effect="At once.")
    colour: Colour = knob(Colour.RED, help="Which colour.", effect="At once.")
    mode: Literal["steady", "blinking"] = knob("steady", help="In which way.", effect="At once.")
    label: str = knob("", maximum=20, help="What stands on it.", effect="At once.")

    def check(self) -> None:
        """The surge is above the rest."""
        if self.surge_watts < self.watts:
            raise PolicyError("surge_watts", f"must be watts ({self.watts}) or more.")


@pytest.fixture
def lamp() -> Iterator[Handle[LampPolicy]]:
    """The lamp's policy, declared for one test; every policy starts and ends at its defaults."""
    current.reset()
    yield declare(LampPolicy, name="lamp", title="Lamp")
    withdraw("lamp")
    current.reset()
