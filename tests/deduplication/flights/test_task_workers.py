"""Flights of task workers are seen and audited like those of web processes."""

import sys
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.conf import settings

from apps.backplane.current import new_bus
from apps.deduplication.flights.survey import survey
from apps.deduplication.models import FlightExecution
from tests.servers.deadline import eventually
from tests.servers.process import ServerProcess
from tests.servers.redis import Redis
from tests.servers.site import PROJECT, clean_environment

WORKER = (sys.executable, "-m", "tests.deduplication.flights.task_worker")


@pytest.mark.engine("sqlite")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_flight_of_a_task_worker_is_seen_and_its_execution_kept(
    redis_server: Redis, redis_url: str, tmp_path: Path, pool: str
) -> None:
    env = clean_environment(
        DATA_DIR=str(tmp_path),
        DATABASE_URL=f"sqlite:///{settings.DATABASES['default']['NAME']}",
        REDIS_URL=redis_url,
        CELERY_BROKER_URL=redis_server.url(1),
        SECRET_KEY="test " * 10,
    )
    bus: Any = new_bus(redis_url)
    bus.start()
    worker = ServerProcess([*WORKER, pool], log=tmp_path / "worker.log", env=env, cwd=PROJECT)
    try:
        Celery(broker=redis_server.url(1), set_as_current=False).send_task("tests.share", args=[str(tmp_path / "end")])
        eventually(lambda: [row.scope for row in survey(bus, wait_seconds=0.2).rows] == ["task"])
        assert FlightExecution.objects.filter(is_running=False).count() == 0
        (tmp_path / "end").touch()
        eventually(lambda: survey(bus, wait_seconds=0.2).total("task").tally.leaders == 1)
        ended = survey(bus)
    finally:
        worker.stop()
        bus.stop()
    assert FlightExecution.objects.get(scope="task").is_running is False
    assert ended.rows == []
    assert [one.tally.leaders for one in ended.of("task").values()] == [1]
