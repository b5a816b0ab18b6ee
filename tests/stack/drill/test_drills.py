"""Each drill on a running site, by its command: what fails on purpose is seen by users, and heals by itself."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from apps.chat.drill.course import STORM_AT_ONCE
from tests.servers.assistant import running_assistant
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.servers.site import Site, running_site
from tests.soak import length

DOWN = "The assistant cannot be reached now. It will answer when it is back."
LATE = "Messages of other servers arrive late: the connection between them is lost."
Told = dict[str, list[str]]  # the table by its rows, and all lines as the row ""
HELD = "Held: everybody was answered, and all is well again."


@pytest.fixture(scope="module")
def site(postgres: Postgres, redis_server: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site on Postgres and Redis with an endpoint, whose breaker recovers within a second."""
    with ExitStack() as stack:
        variables = {
            "DATABASE_URL": stack.enter_context(postgres.database()),
            "REDIS_URL": redis_server.url(),
            "CHAOS_ENABLED": "on",
            "ASSISTANT_BASE_URL": stack.enter_context(running_assistant(tmp_path_factory.mktemp("assistant"))).url,
        }
        running = stack.enter_context(running_site(tmp_path_factory.mktemp("site"), **variables))
        knobs = ("recovery_seconds=0.5", "recovery_growth=1")
        running.manage("policies", "set", "assistant_pipeline", *knobs, "--reason", "tests wait for less")
        yield running


def redis_down(told: Told) -> None:
    assert any(LATE in line for line in told[""])
    assert float(told["during"][3]) < 1500, "nobody waits for Redis"


def assistant_down(told: Told) -> None:
    assert any(DOWN in line for line in told[""])
    assert float(told["after"][-2]) > 0, "until the breaker closes it is degraded"


def assistant_slow(told: Told) -> None:
    assert any("The assistant was asked" in line for line in told[""])
    assert float(told["during"][3]) < 1500, "pages do not wait for the assistant"


def bus_loss(told: Told) -> None:
    assert any(LATE in line for line in told[""])


def refresh_storm(told: Told) -> None:
    assert int(told["during"][1]) >= 2 * STORM_AT_ONCE


# A server may learn of a fault of the bus from the database alone, in 5 s; then it misses three heartbeats of 1 s.
NOTICED = 15.0
DRILLS = (
    (assistant_down, 1.5),
    (refresh_storm, 1.0),
    (redis_down, NOTICED),
    (bus_loss, NOTICED),
    (assistant_slow, 1.5),
)


@pytest.mark.soak
@pytest.mark.parametrize(("judge", "seconds"), DRILLS[: length(len(DRILLS), short=2)])
def test_users_are_answered_and_told_what_fails_and_it_heals_by_itself(
    site: Site, judge: Callable[[Told], None], seconds: float
) -> None:
    name = judge.__name__.replace("_", "-")
    done = site.manage("drill", name, f"--url={site.url}", "--users=2", f"--seconds={seconds}", "--wait=30")
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line[:1].isalpha()}
    assert HELD in done.stdout
    assert rows["during"][1] == rows["during"][2], "a request was not answered"
    judge({**rows, "": done.stdout.splitlines()})
