"""A real Prometheus scrapes a real site of two processes: what it knows is what was sent, to the last request."""

import http.client
import os
import signal
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.servers.deadline import eventually
from tests.servers.prometheus import Prometheus, promtool, running_prometheus
from tests.servers.redis import Redis
from tests.servers.site import Site, running_site
from tests.soak import length
from tests.stack.monitoring.load import REQUESTS, Answered, Load

TOKEN = "a token for tests"
COUNT = "http_request_duration_seconds_count"
ROUTES = {route for _, _, route, _ in REQUESTS}
CONFIGURATION = """
global: {scrape_interval: 2s}
scrape_configs:
  - job_name: perfsite
    authorization: {credentials: "TOKEN"}
    static_configs: [{targets: ["127.0.0.1:PORT"]}]
"""


@pytest.fixture(scope="module")
def site(redis_server: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two processes."""
    redis_server.flush()
    folder = tmp_path_factory.mktemp("prometheus")
    with running_site(folder, "--workers=2", REDIS_URL=redis_server.url(), METRICS_TOKEN=TOKEN) as site:
        eventually(lambda: len(workers(site)) == 2)
        yield site


def workers(site: Site) -> list[Path]:
    """Return the files of the processes that tell of themselves."""
    return list((site.data_dir / "run").glob("web:*.sheet"))


def scraped(site: Site, **headers: str) -> str:
    """Return the figures, from whichever process answers."""
    request = urllib.request.Request(f"{site.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}", **headers})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200
        return str(answer.read().decode())


def counted(site: Site) -> Answered:
    """Return how many of the generator's requests the site has counted."""
    found: Answered = Answered()
    for family in text_string_to_metric_families(scraped(site)):
        for sample in family.samples:
            if sample.name == COUNT and sample.labels["route"] in ROUTES:
                found[sample.labels["method"], sample.labels["route"], sample.labels["status_code"]] += int(
                    sample.value
                )
    return found


def known(prometheus: Prometheus) -> Answered:
    """Return how many Prometheus knows of."""
    result = prometheus.asked("query", query=f"sum by (method, route, status_code) ({COUNT})")["result"]
    rows = ((row["metric"], int(row["value"][1])) for row in result)
    return Answered(
        {(one["method"], one["route"], one["status_code"]): times for one, times in rows if one["route"] in ROUTES}
    )


def examples(prometheus: Prometheus) -> set[str]:
    """Return the traces that Prometheus has as examples of how long requests took."""
    now = time.time()
    query = "http_request_duration_seconds_bucket"
    found = prometheus.asked("query_exemplars", query=query, start=str(now - 3_600), end=str(now + 60))
    return {one["labels"]["trace_id"] for series in found for one in series["exemplars"]}


@pytest.mark.soak
def test_prometheus_knows_exactly_what_was_sent(site: Site, tmp_path: Path) -> None:
    before, scrapes = counted(site), length(90, short=3)
    text = CONFIGURATION.replace("PORT", str(site.port)).replace("TOKEN", TOKEN)
    with running_prometheus(tmp_path, text) as prometheus:
        with Load(site) as load:
            eventually(lambda: (prometheus.value("count_over_time(up[1h])") or 0) >= scrapes, seconds=scrapes * 3 + 30)
        sent = before + load.answered
        eventually(lambda: known(prometheus) == sent, what="the same number")
        [target] = prometheus.asked("targets")["activeTargets"]
        assert (target["health"], target["lastError"]) == ("up", "")
        assert prometheus.value("min_over_time(up[1h])") == 1
        assert prometheus.value(f"sum(resets({COUNT}[1h]))") == 0
        assert known(prometheus) == sent
        assert {len(trace) for trace in examples(prometheus)} == {32}, "the traces of some that were kept"
    assert load.lost == 0
    assert {(method, route, str(status)) for method, _, route, status in REQUESTS} == set(load.answered)


def test_whichever_process_is_asked_it_tells_the_same(site: Site) -> None:
    before = counted(site)
    with Load(site, threads=2) as load:
        eventually(lambda: load.number > 100)
    eventually(lambda: all(counted(site) == before + load.answered for _ in range(10)))
    starts = {
        line.split('process="')[1].split('"')[0]
        for line in scraped(site).splitlines()
        if line.startswith("process_start")
    }
    assert len(starts) == 2, "both processes are told of"


def test_promtool_finds_nothing_wrong(site: Site) -> None:
    text = eventually(lambda: (found := scraped(site)).count("# TYPE") > 15 and found)
    checked = promtool("check", "metrics", text=str(text))
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    assert scraped(site, Accept="application/openmetrics-text; version=1.0.0").endswith("\n# EOF\n")


def test_nobody_reads_it_without_the_token(site: Site) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    connection.request("GET", "/metrics")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Content-Type"]) == (401, "application/problem+json")
    assert b"http_request" not in answer.read()
    assert 'route="metrics"' not in scraped(site), "what watches is not watched"
    connection.close()


def test_counters_do_not_fall_when_a_process_is_killed(site: Site) -> None:
    before, seen, victim = told(site), list[int](), min(workers(site))
    with Load(site) as load:
        eventually(lambda: load.number > 200)
        settled = before + load.number
        seen.append(eventually(lambda: (now := told(site)) >= settled and now))
        os.kill(int(victim.name.split(":")[2]), signal.SIGKILL)
        eventually(lambda: seen.append(told(site)) or has_replaced(site, victim), what="another process in its place")  # type: ignore[func-returns-value]
        load.stop()
        seen.append(eventually(lambda: (now := told(site)) >= max(seen) and now))
    known = [number for number in seen if number]
    assert known == sorted(known), "never less than before"
    assert settled <= known[0] <= known[-1] <= before + load.number + load.lost


def told(site: Site) -> int:
    """Return how many are counted; 0 where the process that was asked was the one that was killed."""
    try:
        return counted(site).total()
    except (OSError, http.client.HTTPException):
        return 0


def has_replaced(site: Site, victim: Path) -> bool:
    """Return whether what the process counted has been added up by one that came after it."""
    return len(workers(site)) == 2 and not victim.exists()
