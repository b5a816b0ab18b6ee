"""The people of the chat's tests."""

import pytest

from apps.chat import rates
from tests.chat.people import ann, bob, eve

__all__ = ("ann", "bob", "eve")


@pytest.fixture(autouse=True)
def nobody_has_sent_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count messages anew: users of one test have the ids of another's."""
    monkeypatch.setattr(rates, "messages", rates.Rate())
