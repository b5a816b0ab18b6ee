"""The collector is killed while the site serves: nobody notices but those who look at the drops."""

import json
from pathlib import Path

from tests.servers.collector import running_collector
from tests.servers.deadline import eventually
from tests.servers.site import Site, running_site
from tests.stack.live.people import People
from tests.stack.monitoring.conftest import SETTINGS
from tests.stack.monitoring.visitor import TOKEN, Visitor

TURNED = ("sample_percent=100", "kept_per_second=10000")
NOBODY = People(sessions={"ann": "x"}, users={}, conversations=[])
DROPPED = 'telemetry_dropped_total{kind="spans"} '


def dropped(visitor: Visitor) -> float:
    text = visitor.ask("GET", "/metrics", Authorization=f"Bearer {TOKEN}").body.decode()
    return sum(float(line.removeprefix(DROPPED)) for line in text.splitlines() if line.startswith(DROPPED))


def test_a_collector_that_is_killed_costs_the_spans_and_nothing_else(tmp_path: Path) -> None:
    def prepare(site: Site) -> None:
        site.manage("policies", "set", "monitor_traces", *TURNED, "--reason=test")

    with running_collector() as collector:
        variables = collector.http | {"OTEL_EXPORTER_OTLP_TIMEOUT": "500"}
    with running_site(
        tmp_path / "site",
        prepare=prepare,
        DJANGO_SETTINGS_MODULE=SETTINGS,
        LOG_FORMAT="json",
        METRICS_TOKEN=TOKEN,
        **variables,
    ) as site:
        visitor = Visitor(site=site, crowd=NOBODY, name="ann")
        statuses = {visitor.ask("GET", "/trial/fine/").status for _ in range(200)}
        assert statuses == {200}
        eventually(lambda: dropped(visitor) > 0, what="the counted drops")
        assert {visitor.ask("GET", "/trial/fine/").status for _ in range(20)} == {200}
        lines = [json.loads(line) for line in (site.data_dir / "serve.log").read_text().splitlines() if line[0] == "{"]
        said = [line["event"] for line in lines if "collector" in line["event"]]
        assert said == ["The collector of traces takes nothing: ExportError"]
