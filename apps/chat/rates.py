"""How often what costs something may be done: by an account, and from an address, over API, pages and sockets."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from apps.chat.exceptions import RateError
from apps.chat.policy import limits
from apps.deduplication.idempotency.once import is_rehearsal
from apps.resilience.limits.current import limiter
from apps.resilience.limits.fields import Counted
from apps.resilience.limits.rate import Allowance, Rate, exact, quick

MINUTE, HOUR = 60.0, 3600.0
LONGEST_IN_SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One that is obeyed: its name is in RateLimit, its words are told with the number in place of {}."""

    name: str
    rate: Callable[[], Rate]
    words: str


READS = Limit(
    name="reads", rate=lambda: quick(limits.current.reads_per_minute, MINUTE), words="You may read {} times a minute."
)
WRITES = Limit(
    name="writes",
    rate=lambda: exact(limits.current.writes_per_minute, MINUTE),
    words="You may change things {} times a minute.",
)
READS_OF_ADDRESS = Limit(
    name="reads-of-address",
    rate=lambda: quick(limits.current.reads_per_minute * limits.current.accounts_per_address, MINUTE),
    words="Your network may read {} times a minute.",
)
WRITES_OF_ADDRESS = Limit(
    name="writes-of-address",
    rate=lambda: quick(limits.current.writes_per_minute * limits.current.accounts_per_address, MINUTE),
    words="Your network may change things {} times a minute.",
)
SENDS = Limit(
    name="messages",
    rate=lambda: exact(limits.current.messages_per_minute, MINUTE),
    words="You may send {} messages a minute.",
)
SEARCHES = Limit(
    name="searches",
    rate=lambda: exact(limits.current.searches_per_minute, MINUTE),
    words="You may search {} times a minute.",
)
IMPORTS = Limit(
    name="imports", rate=lambda: exact(limits.current.imports_per_hour, HOUR), words="You may import {} files an hour."
)
SIGN_INS = Limit(
    name="sign-ins",
    rate=lambda: exact(limits.current.sign_ins_per_minute, MINUTE),
    words="Signing in failed more than {} times a minute from your network.",
)
SIGN_UPS = Limit(
    name="sign-ups",
    rate=lambda: exact(limits.current.sign_ups_per_hour, HOUR),
    words="Your network may make {} accounts an hour.",
)

_counted: ContextVar[list[Counted] | None] = ContextVar("limits_counted", default=None)


@contextmanager
def counting() -> Iterator[list[Counted]]:
    """Yield the list of what is counted inside, so that the answer can tell."""
    found: list[Counted] = []
    token = _counted.set(found)
    try:
        yield found
    finally:
        _counted.reset(token)


def admit(limit: Limit, who: int | str) -> None:
    """Count one more by an account or an address; raise RateError for one too many. A rehearsal is not counted.

    May block for one question to Redis, for a few milliseconds at most.
    """
    if is_rehearsal.get():
        return
    rate = limit.rate()
    _judge(limit, rate, limiter().take(_key(limit, who), rate))


def look(limit: Limit, who: int | str) -> None:
    """Raise RateError where one more would be too many; count nothing. Blocks as `admit` does."""
    rate = limit.rate()
    allowance = limiter().look(_key(limit, who), rate)
    if not allowance.is_allowed:
        _judge(limit, rate, allowance)


def charge(limit: Limit, who: int | str) -> None:
    """Count what has happened already, whether it was one too many or not. Blocks as `admit` does."""
    limiter().take(_key(limit, who), limit.rate())


def _key(limit: Limit, who: int | str) -> str:
    return f"{limit.name}:{who}"


def _judge(limit: Limit, rate: Rate, allowance: Allowance) -> None:
    told = _counted.get()
    if told is not None:
        told.append(Counted(limit.name, rate, allowance))
    if not allowance.is_allowed:
        raise too_often(limit.words, rate.count, max(1, math.ceil(allowance.retry_after_seconds)))


def too_often(words: str, count: int, seconds: int) -> RateError:
    """Return the error that says how often it may be, and how long to wait."""
    return RateError(f"{words.format(f'{count:,}')} Try again in {spoken(seconds)}.", retry_after_seconds=seconds)


def spoken(seconds: int) -> str:
    """Return a time to wait as people say it, never shorter than it is."""
    if seconds <= LONGEST_IN_SECONDS:
        return f"{seconds} second{'s' * (seconds != 1)}"
    return f"{math.ceil(seconds / MINUTE)} minutes"
