"""The header fields RateLimit and RateLimit-Policy.

Source: draft-ietf-httpapi-ratelimit-headers-10, lists of strings with parameters (RFC 9651): `q` in `w` seconds is
what the policy allows; `r` is what is left of it, and after `t` seconds all of it, or the first of it, is there again.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from apps.resilience.limits.rate import Allowance, Rate

RATE_LIMIT, RATE_LIMIT_POLICY = "RateLimit", "RateLimit-Policy"


class Counted(NamedTuple):
    """One limit that was asked: its name is part of what clients see."""

    name: str
    rate: Rate
    allowance: Allowance


def fields(counted: Sequence[Counted]) -> dict[str, str]:
    """Return the two fields; none where nothing was counted."""
    if not counted:
        return {}
    return {
        RATE_LIMIT_POLICY: ", ".join(f'"{one.name}";q={one.rate.size};w={one.rate.per_seconds:.0f}' for one in counted),
        RATE_LIMIT: ", ".join(f'"{one.name}";r={one.allowance.left};t={_reset(one)}' for one in counted),
    }


def _reset(one: Counted) -> int:
    """Return the seconds until there is more: until the first where none is left, else until all are there."""
    if not one.allowance.is_allowed:
        return math.ceil(one.allowance.retry_after_seconds)
    return math.ceil((one.rate.size - one.allowance.left) / one.rate.per_second)
