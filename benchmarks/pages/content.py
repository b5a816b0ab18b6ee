"""Fills the database and prints what the benchmark asks with: python -m benchmarks.pages.content DOCUMENT."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402  (needs the apps, as do the rest)
from django.test import Client  # noqa: E402

from apps.chat.demo.talk import Talk, talk_rows  # noqa: E402
from apps.chat.services.conversations import create_conversation  # noqa: E402
from apps.chat.services.history import history_body  # noqa: E402
from apps.chat.services.members import add_member  # noqa: E402
from apps.chat.services.messages import send_message  # noqa: E402

NAMES = ("demo1", "demo2", "demo3")
TALK = Talk(
    name="page", title="Page", members=NAMES, count=200, days=5, silent_days=0, seed="page", has_assistant=False
)


def main() -> None:
    """Make the people, what they say, and a session of the first."""
    people = {name: get_user_model().objects.create_user(name) for name in NAMES}
    reader = people[NAMES[0]]
    conversation = create_conversation(user_id=reader.pk, title=TALK.title).id
    for name in NAMES[1:]:
        add_member(user_id=reader.pk, conversation_id=conversation, username=name)
    for row in talk_rows(TALK, today=datetime(2026, 1, 1, tzinfo=UTC)):
        send_message(user_id=people[str(row.author)].pk, conversation_id=conversation, text=row.text)
    Path(sys.argv[1]).write_bytes(history_body(user_id=reader.pk, conversation_id=conversation).content)
    client = Client()
    client.force_login(reader)
    print(json.dumps({"conversation": conversation, "session": client.cookies["sessionid"].value}))


main()
