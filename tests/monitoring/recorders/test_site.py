"""A real site, and what it has counted: every name there from the beginning, every number what was done."""

from collections.abc import Iterator

import pytest

from tests.monitoring.recorders.site.visits import asked, counted
from tests.servers.deadline import eventually
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis
from tests.servers.site import Site, running_site
from tests.stack.live.people import People, people

SETTINGS = "tests.monitoring.recorders.site.settings"
NAMES = {
    "cache_bytes", "cache_entries", "cache_fills_refused_total", "cache_invalidations_total",
    "cache_load_duration_seconds", "cache_requests_total", "chat_messages_total", "circuit_breaker_calls_total",
    "circuit_breaker_state", "database_pool_connections", "deduplication_duplicate_executions_total",
    "deduplication_requests_total", "deduplication_wait_seconds", "assistant_first_token_seconds", "import_rows_total",
    "queue_jobs", "redis_operation_duration_seconds", "retry_budget_tokens", "telemetry_dropped_total",
    "telemetry_overhead_seconds", "websocket_connections",
}  # fmt: skip
FIRST = {
    'chat_messages_total assistant': 0.0, 'import_rows_total refused': 0.0, 'websocket_connections chat': 0.0,
    'deduplication_duplicate_executions_total': 0.0, 'circuit_breaker_state assistant closed': 1.0,
    'circuit_breaker_state assistant open': 0.0, 'telemetry_dropped_total queries': 0.0,
    'queue_jobs import active': 0.0, 'cache_requests_total chat.history L1 hit': 0.0,
}  # fmt: skip


@pytest.fixture(scope="module", params=["embedded", "with servers"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, redis_server: Redis
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("counted") / "site"
    if request.param == "embedded":
        with running_site(folder, DJANGO_SETTINGS_MODULE=SETTINGS) as site:
            yield site
        return
    redis_server.flush()
    url = redis_server.url()
    with (
        postgres.database() as database,
        running_site(
            folder, DJANGO_SETTINGS_MODULE=SETTINGS, DATABASE_URL=database, REDIS_URL=url, CELERY_BROKER_URL=url
        ) as site,
    ):
        yield site


@pytest.fixture(scope="module")
def crowd(served: Site) -> People:
    return people(served, "ann")


@pytest.mark.engine("sqlite")
def test_every_name_is_there_from_the_beginning_with_0_where_nothing_happened(served: Site) -> None:
    found = counted(served)
    assert NAMES - {key.split(" ")[0] for key in found} == set()
    assert {key: found.get(key) for key in FIRST} == FIRST


@pytest.mark.engine("sqlite")
def test_what_is_done_is_counted_exactly(served: Site, crowd: People) -> None:
    cookies, place = crowd.cookies("ann"), crowd.conversations[0]
    before = counted(served)
    for number in range(7):
        status, _ = asked(served, cookies, "POST", f"/api/conversations/{place}/messages", {"text": f"m{number}"})
        assert status == 201
    for _ in range(5):
        assert asked(served, cookies, "GET", f"/api/conversations/{place}/messages")[0] == 200
    after = counted(served)
    assert after["chat_messages_total user"] - before.get("chat_messages_total user", 0) == 7
    assert after["database_rows_total insert chat_message"] > before.get("database_rows_total insert chat_message", -1)
    assert sum(after[f"cache_answers_total api/conversations/<int:conversation_id>/messages {one}"]
               for one in ("hits", "made", "restored")) >= 5  # fmt: skip


@pytest.mark.engine("sqlite")
def test_an_exception_comes_to_the_table_of_groups(served: Site, crowd: People) -> None:
    for _ in range(3):
        assert asked(served, crowd.cookies("ann"), "GET", "/fail")[0] == 500
    assert counted(served)["exceptions_total ValueError fail"] == 3
    (group,) = eventually(lambda: asked(served, "", "GET", "/groups")[1]["groups"])
    assert group[:2] == ["ValueError", 3]
    assert group[2].startswith("tests/monitoring/recorders/site/urls.py:")


@pytest.mark.engine("sqlite")
def test_nothing_failed_to_watch(served: Site) -> None:
    found = counted(served)
    assert {key: number for key, number in found.items() if key.startswith("telemetry_dropped_total") and number} == {}
    assert found["event_loop_lag_seconds"] > 0
    assert "The recorder of" not in served.process.log()
    assert served.stop(seconds=20) == 0
