"""Dies at every step, in a process of its own each time: python -m tests.stack.idempotency.runner.

Django is loaded once and forked for each request. Prints what became of each as JSON.
"""

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.stack.idempotency.settings")
FORKED = multiprocessing.get_context("fork")


def main() -> None:
    """Go through all points."""
    import django

    django.setup()
    from django.conf import settings

    from tests.stack.idempotency.faults import ON_REPLAY, POINTS, order_file

    path, order = in_child(prepared), order_file(settings.DATA_DIR)
    report = {}
    for name in [point[0] for point in (*POINTS, *ON_REPLAY)]:
        if name in {point[0] for point in ON_REPLAY}:
            in_child(lambda name=name: sent(path, name))  # type: ignore[misc]
        order.write_text(name)
        died = in_child(lambda name=name: sent(path, name))  # type: ignore[misc]
        report[name] = {"died": died == -signal.SIGKILL, **in_child(lambda name=name: sent(path, name))}  # type: ignore[misc]
    print(json.dumps(report))


def in_child(work: Callable[[], Any]) -> Any:
    """Return what the work returns in a forked process, or the process's exit status where it returned nothing."""
    receiver, sender = FORKED.Pipe(duplex=False)
    child = FORKED.Process(target=lambda: sender.send(work()))
    child.start()
    sender.close()
    try:
        return receiver.recv()
    except EOFError:
        child.join()
        return child.exitcode
    finally:
        child.join()


def prepared() -> str:
    """Make ann and her conversation; return where its messages are."""
    from apps.chat.models import User
    from apps.chat.services.conversations import create_conversation

    owner = User.objects.create_user("ann")
    return f"/api/conversations/{create_conversation(user_id=owner.pk, title='Room').id}/messages"


def sent(path: str, name: str) -> dict[str, Any]:
    """Send a message of this text under a key of this name; return what came of it, and how many there are."""
    from django.test import Client

    from apps.chat.models import Message, User

    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get())
    response = client.post(
        path, {"text": name}, content_type="application/json", headers={"Idempotency-Key": f'"{name}"'}
    )
    return {
        "status": response.status_code,
        "is_replay": "Idempotent-Replayed" in response.headers,
        "id": response.json().get("id"),
        "messages": list(Message.objects.filter(text=name).values_list("pk", flat=True)),
    }


if __name__ == "__main__":
    main()
