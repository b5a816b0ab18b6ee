"""What staff may turn in what is watched: one policy for each recorder, with those knobs that do something there."""

import random

from apps.tuning.declaration import Policy, policy
from apps.tuning.knob import knob

AT_ONCE = "At once, in every process."
MAX_CHARACTERS = 1_000
ALL = 100.0


@policy
class SwitchPolicy(Policy):
    """Whether something is watched at all."""

    is_enabled: bool = knob(default=True, effect=AT_ONCE, help="Whether anything is recorded.")


@policy
class NamesPolicy(SwitchPolicy):
    """Which of several are watched. What is counted below anyway is looked at as it is: nothing is left to chance."""

    ignore: str = knob(
        "", minimum=0, maximum=MAX_CHARACTERS, effect=AT_ONCE,
        help="What is not recorded: beginnings of its name, with spaces between, as in /admin/ /performance/.",
    )  # fmt: skip

    def is_ignored(self, name: str) -> bool:
        """Return whether a name begins with anything that is not recorded."""
        return bool(self.ignore) and name.startswith(tuple(self.ignore.split()))


@policy
class SampledPolicy(NamesPolicy):
    """What a recorder takes that hears of each single one."""

    sample_percent: float = knob(
        ALL, unit="%", minimum=0.1, maximum=100, effect=AT_ONCE,
        help="How many of all, chosen by chance; each then counts for those that were not chosen.",
    )  # fmt: skip

    def times(self) -> int:
        """Return for how many the next one counts: 0 for one that is not chosen, on average 1 for each."""
        if self.sample_percent >= ALL:
            return 1
        share = self.sample_percent / ALL
        return int(1 / share + random.random()) if random.random() < share else 0


@policy
class RecorderPolicy(SampledPolicy):
    """The same, where some are slow."""

    slow_seconds: float = knob(
        0.5, unit="seconds", minimum=0.001, maximum=600, effect=AT_ONCE,
        help="From when on one counts as slow.",
    )  # fmt: skip
