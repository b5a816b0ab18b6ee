"""Whether a request unpickles anything: run by test_poison in a process of its own, and collected by nobody else.

Python never lets go of an audit hook, and CPython 3.11 runs it while a new thread is given its trace function: a second
thread that begins just then, under coverage, is refused its own and never runs.
"""

import pickle
import sys
from typing import Any

import pytest
from django.test import Client

from apps.caching import current
from apps.chat.models import User
from apps.chat.services.conversations import create_conversation
from apps.chat.services.messages import send_message
from tests.caching.conftest import Page

UNPICKLED: list[str] = []
_is_listening = [False]


def audit(event: str, arguments: tuple[Any, ...]) -> None:
    """Note each global that anything in this process unpickles; Python tells it, whoever imported pickle."""
    if event == "pickle.find_class" and _is_listening[0]:
        UNPICKLED.append(".".join(map(str, arguments)))


sys.addaudithook(audit)


def test_what_notices_an_unpickling_does() -> None:
    UNPICKLED.clear()
    _is_listening[0] = True
    pickle.loads(pickle.dumps(Page("x")))
    _is_listening[0] = False
    assert UNPICKLED != []


@pytest.mark.django_db(transaction=True)
def test_nothing_of_a_request_imports_pickle_or_unpickles(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    user = User.objects.create_user("ann")
    where = create_conversation(user_id=user.pk, title="Room").id
    send_message(user_id=user.pk, conversation_id=where, text="hello")
    client.force_login(user)
    monkeypatch.setattr("pickle.loads", forbidden)
    monkeypatch.setattr("pickle.load", forbidden)
    monkeypatch.setattr("pickle.Unpickler", forbidden)
    UNPICKLED.clear()
    _is_listening[0] = True
    pages = [client.get(f"/api/conversations/{where}/messages") for _ in range(2)]
    current.forget_all()
    pages.append(client.get(f"/api/conversations/{where}/messages"))
    _is_listening[0] = False
    assert [page.status_code for page in pages] == [200, 200, 200]
    assert UNPICKLED == []
    assert [name for name, module in sys.modules.items() if is_ours(name) and "pickle" in vars(module)] == []


def is_ours(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] in {"apps", "perfsite"} and sys.modules[name] is not None


def forbidden(*_: object, **__: object) -> None:
    raise AssertionError("something was unpickled")
