"""People with sessions, made by one command in the site's own environment."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.servers.site import Site

PREPARE = """
import json
from importlib import import_module
from django.conf import settings
from apps.chat.models import User
from apps.chat.services.conversations import create_conversation
from apps.chat.services.members import add_member
made = {"sessions": {}, "users": {}, "conversations": []}
store = import_module(settings.SESSION_ENGINE).SessionStore
names = NAMES
for name in names:
    user = User.objects.create(username=name)
    user.set_unusable_password()
    user.save()
    made["users"][name] = user.pk
    session = store()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.create()
    made["sessions"][name] = session.session_key
owner = made["users"][names[0]]
for number in range(COUNT):
    conversation = create_conversation(user_id=owner, title=f"Room {number}")
    for name in names[1:]:
        add_member(user_id=owner, conversation_id=conversation.id, username=name)
    made["conversations"].append(conversation.id)
print("made", json.dumps(made))
"""
REPORT = """
import json
from apps.chat.models import Conversation, Message
rows = Message.objects.order_by("conversation_id", "sequence")
fields = ("id", "conversation_id", "sequence", "event", "text", "client_id", "deleted_at")
print("kept", json.dumps({
    "messages": [list(row[:-1]) + [row[-1] is not None] for row in rows.values_list(*fields)],
    "last": {row.pk: [row.last_sequence, row.last_event] for row in Conversation.objects.all()},
}))
"""
CSRF = "c" * 32


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Users by name, their session keys, and the conversations they are all in."""

    sessions: Mapping[str, str]
    users: Mapping[str, int]
    conversations: Sequence[int]

    def cookies(self, name: str) -> str:
        """Return the Cookie header of somebody."""
        return f"sessionid={self.sessions[name]}; csrftoken={CSRF}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A message as the database has it."""

    id: int
    conversation: int
    sequence: int
    event: int
    text: str
    client_id: str | None
    deleted: bool


def shell(site: Site, code: str, word: str) -> Any:
    """Run code in the site's environment; return the JSON it printed after the word."""
    output = site.manage("shell", "--verbosity=0", "--command", code).stdout
    return json.loads(next(line for line in output.splitlines() if line.startswith(f"{word} ")).split(" ", 1)[1])


def people(site: Site, *names: str, conversations: int = 1, also: str = "") -> People:
    """Make users who are signed in, and conversations that all are members of, owned by the first.

    `also` is code to run beside it: a process less to start.
    """
    code = PREPARE.replace("NAMES", repr(list(names))).replace("COUNT", str(conversations)) + also
    return People(**shell(site, code, "made"))


def kept(site: Site) -> tuple[list[Kept], dict[int, tuple[int, int]]]:
    """Return every message, and each conversation's last numbers: of a message, of a change."""
    found = shell(site, REPORT, "kept")
    names = ("id", "conversation", "sequence", "event", "text", "client_id", "deleted")
    messages = [Kept(**dict(zip(names, row, strict=True))) for row in found["messages"]]
    return messages, {int(key): (last[0], last[1]) for key, last in found["last"].items()}


async def killed_and_started(site: Site) -> None:
    """Kill -9 a server and start it again. It is started by this thread: it would end with a thread of its own."""
    site.kill()
    site.start(ready=False)
    await asyncio.to_thread(site.process.wait_until, site.answers)


def called(site: Site, cookies: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """Call the API; return the status and the answer. Blocks; raises OSError when the server is away."""
    request = urllib.request.Request(f"{site.url}/api{path}", method=method)
    for name, value in {"Cookie": cookies, "X-CSRFToken": CSRF, "Content-Type": "application/json"}.items():
        request.add_header(name, value)
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, data, timeout=30) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or b"null")
