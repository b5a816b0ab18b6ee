"""A life that staff shorten ends what is kept already: real servers, one where it is said, one where it was stored."""

import time
from collections.abc import Callable
from http.client import HTTPConnection

from apps.backplane.census import ANSWER_SECONDS
from apps.caching.policy import CachePolicy
from apps.chat.policy import ANSWERS, HISTORY
from apps.tuning.declaration import values_of
from tests.servers.deadline import eventually
from tests.servers.site import Site
from tests.stack.live.people import called, people
from tests.stack.test_hits import HIT, SHARED, got
from tests.tuning.visitor import Visitor

STAFF = """
User.objects.create_superuser("sam", password="demo")
"""
SHORT_SECONDS = 2.0
SHORT = {"l2_seconds": SHORT_SECONDS, "l3_seconds": SHORT_SECONDS}
PAGE, EXPIRED = f"/admin/caching/cachenamespace/{HISTORY.name}/", b"Expired"


def saved(staff: Visitor, policy: CachePolicy, *, name: str) -> None:
    """Save the policy by its form in the admin."""
    values = {f"value_{field}": "on" if value is True else value for field, value in values_of(policy).items()}
    sent = {field: value for field, value in values.items() if value is not False}
    answer = staff.post(f"/admin/tuning/policy/{name}/", **sent, based_on=0, reason="fresher pages")
    assert b"holds." in answer


def test_a_life_shortened_in_the_admin_ends_entries_of_another_process_within_a_second(
    migrated_url: str, redis_url: str, site: Callable[..., Site]
) -> None:
    shared = {"DATABASE_URL": migrated_url, "REDIS_URL": redis_url, "SECRET_KEY": "k" * 50}
    first, second = site(migrate=False, **shared), site(migrate=False, **shared)
    crowd = people(first, "ann", also=STAFF)
    cookies, path = crowd.cookies("ann"), f"/conversations/{crowd.conversations[0]}/messages"
    assert called(second, cookies, "POST", path, {"text": "the first word"})[0] == 201
    staff, reader = Visitor(first.url, username="sam"), HTTPConnection("127.0.0.1", second.port, timeout=30)

    def status(at: str = f"/api/conversations/{crowd.conversations[0]}") -> str:
        return got(reader, at, cookies).status_of_cache

    eventually(lambda: status() == HIT and status(f"/api{path}") == SHARED)
    stored = time.monotonic()
    eventually(lambda: time.monotonic() - stored > SHORT_SECONDS and status() == HIT)
    saved(staff, type(ANSWERS.policy.current)(**SHORT), name=ANSWERS.policy.name)
    eventually(lambda: status() == "perfsite; fwd=stale; stored", seconds=1, what="the end of the answer")

    first.manage("policies", "set", ANSWERS.policy.name, "is_enabled=no", "--reason", "every read asks for the page")
    eventually(lambda: status() == "perfsite; fwd=bypass", seconds=1, what="the end of answers")
    assert EXPIRED not in staff.get(PAGE)
    saved(staff, type(HISTORY.policy.current)(**SHORT), name=HISTORY.policy.name)
    saved_at = time.monotonic()
    eventually(lambda: status(f"/api{path}") and EXPIRED in staff.get(PAGE), what="the end of the page in Redis")
    assert time.monotonic() - saved_at < 1 + ANSWER_SECONDS
    reader.close()
