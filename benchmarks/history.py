"""What a history page, the conversation list and a send cost, in a short and in a very long conversation.

python -m benchmarks.history [MESSAGES]: fills one conversation of 1,000 messages and one of MESSAGES (1,000,000) in a
temporary SQLite database and in a private Postgres, then times the services alone, medians of many calls.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SHORT = 1_000
CALLS = 300
PACKAGES = ("django", "psycopg")
FILL = """
INSERT INTO chat_message
    (conversation_id, sequence, event, author_id, author_name, role, text, html, created_at, is_dated)
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %s)
SELECT %s, n, n, %s, '', 'user', 'message number ' || n || ' with the usual few words in it',
       '<p>message number ' || n || ' with the usual few words in it</p>', {moment}, {true} FROM numbers
"""


def main() -> None:
    """Run each engine in a process of its own, then publish both."""
    if os.environ.get("BENCHMARK_ENGINE"):
        measure(int(sys.argv[1]))
        return
    from benchmarks.report import publish
    from tests.servers.postgres import running_postgres

    long = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder, running_postgres() as postgres, postgres.database() as url:
        for engine, database in (("SQLite", f"sqlite:///{folder}/history.sqlite3"), ("Postgres", url)):
            rows += measured_in_process(engine, database, folder, long)
    publish("history", "Reading and sending in short and long conversations", rows, packages=PACKAGES, notes=NOTES)


NOTES = (
    "Medians; services alone, in one process, without HTTP. The list is one query, a page two, three with a position."
)


def measured_in_process(engine: str, database: str, folder: str, long: int) -> list[dict[str, Any]]:
    """Return one engine's rows, measured by a fresh process."""
    env = {**os.environ, "BENCHMARK_ENGINE": engine, "DATABASE_URL": database, "DATA_DIR": folder}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.history", str(long)], env=env, check=True, capture_output=True, text=True
    )
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    return [
        {
            "engine": engine,
            "what": what,
            f"{SHORT:,} messages (µs)": short,
            f"{long:,} messages (µs)": large,
            "ratio": round(float(large) / float(short), 2),
            "queries": queries,
        }
        for what, short, large, queries in lines
    ]


def measure(long: int) -> None:
    """Fill the database, then print what each service costs: name, short, long, queries."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    user_id, short_id, long_id = filled(long)
    for what, call in calls(user_id).items():
        short, large = medians(call, short_id, long_id)
        print(what, f"{short:.0f}", f"{large:.0f}", queries_of(call, long_id), sep="\t")


def medians(call: Callable[[int], object], short_id: int, long_id: int) -> tuple[float, float]:
    """Return the median microseconds of the call on either conversation, taken in turns after a warm-up."""
    for conversation_id in (short_id, long_id):
        call(conversation_id)
    pairs = [(spent(call, short_id), spent(call, long_id)) for _ in range(CALLS)]
    return statistics.median(short for short, _ in pairs), statistics.median(large for _, large in pairs)


def filled(long: int) -> tuple[int, int, int]:
    """Return the user, the short and the long conversation, both full; two hundred more stand in the list."""
    from django.db import connection

    from apps.chat.models import Conversation, User
    from apps.chat.services.conversations import create_conversation

    user = User.objects.create_user("ann")
    made = [create_conversation(user_id=user.pk, title=f"Conversation {number}").id for number in range(202)]
    for conversation_id, count in ((made[0], SHORT), (made[1], long)):
        moment, true = ("now()", "true") if connection.vendor == "postgresql" else ("datetime('now')", "1")
        with connection.cursor() as cursor:
            cursor.execute(FILL.format(moment=moment, true=true), [count, conversation_id, user.pk])
        Conversation.objects.filter(pk=conversation_id).update(last_sequence=count, last_event=count)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE chat_message")
    return user.pk, made[0], made[1]


def calls(user_id: int) -> dict[str, Callable[[int], object]]:
    """Return what is timed, each taking the conversation."""
    from apps.chat.models import Conversation, Message
    from apps.chat.services.conversations import list_conversations
    from apps.chat.services.history import Position, history_page
    from apps.chat.services.messages import send_message

    middles: dict[int, int] = {}

    def middle(conversation_id: int) -> int:
        if conversation_id not in middles:
            last = Conversation.objects.get(pk=conversation_id).last_sequence
            middles[conversation_id] = Message.objects.get(conversation_id=conversation_id, sequence=last // 2).pk
        return middles[conversation_id]

    return {
        "newest page of 50": lambda where: history_page(user_id=user_id, conversation_id=where),
        "page of 50 before the middle": lambda where: history_page(
            user_id=user_id, conversation_id=where, position=Position(before=middle(where))
        ),
        "page of 50 around the middle": lambda where: history_page(
            user_id=user_id, conversation_id=where, position=Position(around=middle(where))
        ),
        "list of 50 of 202 conversations": lambda _: list_conversations(user_id=user_id),
        "send": lambda where: send_message(user_id=user_id, conversation_id=where, text="hello there"),
    }


def spent(call: Callable[[int], object], conversation_id: int) -> float:
    """Return the microseconds one call takes."""
    begin = time.perf_counter()
    call(conversation_id)
    return (time.perf_counter() - begin) * 1e6


def queries_of(call: Callable[[int], object], conversation_id: int) -> int:
    """Return how many statements the call sends, beside BEGIN and COMMIT."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        call(conversation_id)
    return sum(not query["sql"].startswith(("BEGIN", "COMMIT")) for query in queries.captured_queries)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
