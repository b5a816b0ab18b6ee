"""Fills the database with 2,000 conversations of real text and 20 people of 10 sessions each: prints it as JSON.

python -m benchmarks.refresh.fill FOLDER: FOLDER has irc.csv and coffee.jsonl.gz.
"""

import csv
import gzip
import json
import os
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")

CONVERSATIONS, PEOPLE, SESSIONS, CHUNK_MESSAGES = 2_000, 20, 10, 60
MEMBERS = """
INSERT INTO chat_membership (conversation_id, user_id, role, joined_at, last_read_sequence)
SELECT c.id, u.id, 'member', now(), 0 FROM chat_conversation AS c CROSS JOIN chat_user AS u
"""
Lines = list[tuple[str, str, str]]


def conversations(folder: Path) -> Iterator[Lines]:
    """Yield conversations as role, author and text: the channel in pieces, then the dialogues."""
    with (folder / "irc.csv").open(newline="") as file:
        rows = [("user", row["author"], row["text"]) for row in csv.DictReader(file)]
    yield from (rows[start : start + CHUNK_MESSAGES] for start in range(0, len(rows), CHUNK_MESSAGES))
    with gzip.open(folder / "coffee.jsonl.gz", "rt") as file:
        for line in file:
            yield [(one["role"], "Guest", one["content"]) for one in json.loads(line)["messages"]]


def main() -> None:
    """Fill and print."""
    import django

    django.setup()
    from django.db import connection, transaction

    with transaction.atomic():
        rows = filled(islice(conversations(Path(sys.argv[1])), CONVERSATIONS))
        sessions = [key for number in range(PEOPLE) for key in signed_in(number)]
        with connection.cursor() as cursor:
            cursor.execute(MEMBERS)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print("made", json.dumps({"conversations": rows, "sessions": sessions}))


def filled(found: Iterator[Lines]) -> list[int]:
    """Store the conversations; return their ids."""
    from apps.chat.markdown import rendered
    from apps.chat.models import Conversation, Message

    ids = []
    for number, lines in enumerate(found):
        made = Conversation.objects.create(title=f"No. {number}", last_sequence=len(lines), last_event=len(lines))
        Message.objects.bulk_create(
            Message(
                conversation=made, sequence=place, event=place, author_name=author, role=role, text=text,
                html=rendered(text),
            )
            for place, (role, author, text) in enumerate(lines, 1)
        )  # fmt: skip
        ids.append(made.pk)
    return ids


def signed_in(number: int) -> Iterator[str]:
    """Make somebody with sessions; yield their keys."""
    from django.conf import settings

    from apps.chat.models import User

    user = User.objects.create(username=f"reader{number}", password="!")
    for _ in range(SESSIONS):
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session["_auth_user_id"] = str(user.pk)
        session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
        session["_auth_user_hash"] = user.get_session_auth_hash()
        session.create()
        yield str(session.session_key)


if __name__ == "__main__":
    main()
