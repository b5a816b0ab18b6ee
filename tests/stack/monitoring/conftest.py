"""A site whose views fail, dawdle and talk, and the collector it sends its traces to."""

from collections.abc import Iterator

import pytest

from tests.servers.collector import Collector, running_collector
from tests.servers.site import Site, running_site
from tests.stack.live.people import people
from tests.stack.monitoring.visitor import TOKEN, Visitor

SETTINGS = "tests.stack.monitoring.settings"


@pytest.fixture(scope="package")
def collector() -> Iterator[Collector]:
    """The collector."""
    with running_collector() as running:
        yield running


@pytest.fixture(scope="package")
def watched(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A tenth of all traces is kept, and what takes half a second."""
    made = []

    def prepare(site: Site) -> None:
        made.append(people(site, "ann"))
        turned = ("sample_percent=10", "slow_seconds=0.5", "kept_per_second=10000")
        site.manage("policies", "set", "monitor_traces", *turned, "--reason=test")

    with running_site(
        tmp_path_factory.mktemp("watched"),
        prepare=prepare,
        DJANGO_SETTINGS_MODULE=SETTINGS,
        LOG_FORMAT="json",
        METRICS_TOKEN=TOKEN,
        **collector.http,
    ) as site:
        yield Visitor(site=site, crowd=made[0], name="ann")
