"""A policy changed in one process acts in others: real servers, with Redis, without it, and on the embedded default."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.servers.deadline import eventually
from tests.servers.redis import running_redis
from tests.servers.site import Site, running_site
from tests.tuning.visitor import Visitor

pytestmark = pytest.mark.engine("sqlite")  # each test brings its own database: one pass is enough
PREPARE = """
from apps.chat.models import User
from apps.chat.services.conversations import create_conversation
from apps.chat.services.messages import send_message
user = User.objects.create_superuser("sam", password="demo")
made = create_conversation(user_id=user.pk, title="Plans")
for number in range(12):
    send_message(user_id=user.pk, conversation_id=made.id, text=f"message {number}")
print(made.id)
"""
FORM = {"value_page_size_limit": 200, "value_message_length": 20_000, "value_has_sign_up": "on"}
Start = Callable[..., Site]


class Reader:
    """Reads a conversation through one server: the length of a page is what its process obeys."""

    def __init__(self, site: Site, conversation_id: str) -> None:
        self._visitor = Visitor(site.url, username="sam")
        self._path = f"/api/conversations/{conversation_id}/messages"

    def seconds_until(self, size: int, *, deadline: float) -> float:
        """Return how long it takes until a page has the size. Blocks."""
        begin = time.monotonic()
        eventually(lambda: len(self._visitor.json(self._path)["messages"]) == size, seconds=deadline)
        return time.monotonic() - begin


def prepared(site: Site) -> str:
    """Make an account and a conversation; return its id."""
    return site.manage("shell", "--verbosity=0", "--command", PREPARE).stdout.strip()


def saved(visitor: Visitor, *, size: int, based_on: int) -> None:
    """Change the size of a page in the admin."""
    form = {**FORM, "value_page_size": size, "based_on": based_on, "reason": f"to {size}"}
    assert b"holds." in visitor.post("/admin/tuning/policy/chat/", **form)


def listed(site: Site) -> dict[str, Any]:
    """Return what the shell tells of the policies."""
    found: dict[str, Any] = json.loads(site.manage("policies", "list", "--json").stdout)
    return found


def test_a_change_acts_in_another_process_within_a_second_and_in_six_without_redis(
    migrated_url: str, site: Start
) -> None:
    with running_redis() as redis:
        first = site(DATABASE_URL=migrated_url, REDIS_URL=redis.url(), migrate=False)
        second = site(DATABASE_URL=migrated_url, REDIS_URL=redis.url(), migrate=False)
        conversation_id = prepared(first)
        staff, reader = Visitor(first.url, username="sam"), Reader(second, conversation_id)
        reader.seconds_until(12, deadline=10)

        saved(staff, size=5, based_on=0)
        assert reader.seconds_until(5, deadline=10) < 1

        second.manage("policies", "set", "chat", "page_size=6", "--reason", "from the shell")
        assert reader.seconds_until(6, deadline=10) < 1
        followers = eventually(lambda: current(listed(first)))
        assert len({follower["origin"] for follower in followers}) == 2

        redis.process.kill()
        saved(staff, size=7, based_on=2)
        assert reader.seconds_until(7, deadline=10) < 6
        assert first.manage("audit", "verify").stdout.startswith("3 entries, all sound.")


def current(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the followers once all obey the latest revision."""
    followers: list[dict[str, Any]] = found["followers"]
    return followers if all(follower["is_current"] for follower in followers) else []


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """A server on the embedded default, and its conversation."""
    with running_site(tmp_path_factory.mktemp("embedded") / "site") as only:
        yield only, prepared(only)


def test_on_the_embedded_default_the_shell_reaches_the_server_in_six_seconds(embedded: tuple[Site, str]) -> None:
    only, reader = embedded[0], Reader(*embedded)
    only.manage("policies", "set", "chat", "page_size=5", "--reason", "shorter")
    assert reader.seconds_until(5, deadline=10) < 6
    saved(Visitor(only.url, username="sam"), size=3, based_on=number_of(listed(only)))
    assert reader.seconds_until(3, deadline=10) < 0.5
    assert [follower["is_current"] for follower in listed(only)["followers"]] == [True]


def number_of(found: dict[str, Any]) -> int:
    """Return the number of the chat's revision."""
    return next(int(policy["number"]) for policy in found["policies"] if policy["name"] == "chat")


def test_a_server_starts_with_what_staff_left_and_leaves_the_list_when_it_ends(embedded: tuple[Site, str]) -> None:
    only = embedded[0]
    only.manage("policies", "set", "chat", "page_size=4", "--reason", "shorter")
    only.stop()
    assert listed(only)["followers"] == []
    only.start()
    assert Reader(*embedded).seconds_until(4, deadline=0) < 1
