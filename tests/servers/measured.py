"""Coverage in the processes that tests start: tracing doubles what every one costs, so tests ask for it by a mark."""

import os
from collections.abc import Mapping

CONFIGURATION = "COVERAGE_PROCESS_CONFIG"  # coverage measures each Python that starts with it
_kept = os.environ.get(CONFIGURATION)


def measure(*, wanted: bool) -> None:
    """Let the processes that start from now on be measured, or not; without coverage this does nothing."""
    os.environ.pop(CONFIGURATION, None)
    if wanted and _kept:
        os.environ[CONFIGURATION] = _kept


def is_measured(env: Mapping[str, str]) -> bool:
    """Return whether a process with this environment is measured."""
    return CONFIGURATION in env


def unmeasured(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a process that is not measured."""
    return {name: value for name, value in env.items() if name != CONFIGURATION}
