"""What tests of the pages share: people, and something that was measured."""

import time

import pytest
from django.test import Client

from apps.chat.models import User
from apps.monitoring.recorders.requests import DURATION, LEVELS
from tests.monitoring.snapshots.rows import Process
from tests.tuning.lamp import lamp

__all__ = ("lamp",)
ROUTE = "api/conversations"


def signed_in(**fields: bool) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("sam", **fields))
    return client


@pytest.fixture
def staff(db: None) -> Client:
    """A member of staff without any permission of Django's."""
    return signed_in(is_staff=True)


@pytest.fixture
def superuser(db: None) -> Client:
    return signed_in(is_staff=True, is_superuser=True)


@pytest.fixture
def measured(db: None) -> int:
    """A process that served a hundred requests a minute ago, five of them badly; returns when."""
    at = int(time.time()) // 10 * 10 - 60
    process = Process()
    for status, times in (("200", 95), ("500", 5)):
        process.board.observe(DURATION, ("GET", ROUTE, status), 0.02, times)
    process.board.add(LEVELS, (ROUTE, "none"), 40)
    process.board.add(LEVELS, (ROUTE, "L2"), 60)
    process.write(at)
    return at
