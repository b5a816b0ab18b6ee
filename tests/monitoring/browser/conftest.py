"""Recorders that run, and somebody who is signed in."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from apps.chat.models import User
from apps.monitoring.current import begun, ended
from apps.monitoring.recorders import Recorders


@pytest.fixture
def recorders() -> Iterator[Recorders]:
    """The recorders of this process, as the server would begin them."""
    made = Recorders()
    begun(made)
    yield made
    ended(made)


@pytest.fixture
def ann(db: Any) -> User:
    return User.objects.create_user("ann", password="green tea at noon")


@pytest.fixture
def client(ann: User) -> Client:
    """Ann's browser."""
    made = Client()
    made.force_login(ann)
    return made
