"""A whole site tells of what is broken by itself: its scheduler, its task worker, mail and webhook."""

import json
import signal
from pathlib import Path

import psycopg

from tests.servers.deadline import eventually
from tests.servers.mailbox import running_mailbox
from tests.servers.process import ServerProcess
from tests.servers.receiver import running_receiver
from tests.servers.redis import Redis
from tests.servers.site import PROJECT, Site, clean_environment, running_site
from tests.servers.task_worker import COMMAND

KEY = "c2VjcmV0IHRoYXQgaXMgbG9uZyBlbm91Z2ggZm9yIHRlc3Rz"
SECONDS = 25  # the rules are looked at every 15


PREPARE = """
from django.core.management import call_command
call_command("policies", "set", "alert_breakers", "for_seconds=0", "--reason", "a test")
call_command("breakers", "force-open", "assistant", "--reason", "a test")
"""


def at_once(site: Site) -> None:
    site.manage("shell", "-c", PREPARE)


def test_the_embedded_default_looks_at_its_rules_and_tells(tmp_path: Path) -> None:
    with running_mailbox() as mailbox, running_receiver() as receiver:
        variables = {
            "EMAIL_URL": mailbox.url,
            "EMAIL_FROM": "site@chat.example",
            "ALERT_RECIPIENTS": "staff@chat.example",
            "ALERT_WEBHOOK_URL": receiver.url,
            "ALERT_WEBHOOK_KEY": KEY,
        }
        with running_site(tmp_path / "site", prepare=at_once, **variables):
            eventually(lambda: mailbox.mails and receiver.requests, seconds=SECONDS, what="an alert")
    recipients, mail = mailbox.mails[0]
    assert (recipients, mail["From"]) == (["staff@chat.example"], "site@chat.example")
    assert mail["Subject"] == "[perfsite] Raised: a breaker is open (assistant)"
    assert json.loads(receiver.requests[0][1])["data"]["key"] == "assistant"


def test_the_scheduler_of_production_is_a_process_that_is_watched(
    tmp_path: Path, migrated_url: str, redis_url: str, redis_server: Redis
) -> None:
    variables = {"DATABASE_URL": migrated_url, "REDIS_URL": redis_url, "CELERY_BROKER_URL": redis_server.url(1)}
    env = clean_environment(DATA_DIR=str(tmp_path), **variables)
    scheduler = ServerProcess([*COMMAND, "beat"], log=tmp_path / "beat.log", env=env, cwd=PROJECT)

    def watched() -> bool:
        with psycopg.connect(migrated_url) as connection:
            rows = connection.execute("SELECT name FROM monitoring_workerrun").fetchall()
        return any(name.startswith("scheduler:") for (name,) in rows)

    try:
        assert eventually(watched, seconds=SECONDS, what="its snapshots")
        assert scheduler.stop(signal.SIGTERM) in {0, 1}
    finally:
        scheduler.kill()
    assert not list(PROJECT.glob("celerybeat*"))
