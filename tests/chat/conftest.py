"""The people of the chat's tests."""

import pytest

from apps.resilience.limits import current
from tests.chat.people import ann, bob, eve

__all__ = ("ann", "bob", "eve")


@pytest.fixture(autouse=True)
def nothing_was_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count anew: users of one test have the ids and the address of another's."""
    monkeypatch.setattr(current, "_limiters", {})
