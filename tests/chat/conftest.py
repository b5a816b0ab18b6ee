"""The people of the chat's tests."""

from tests.chat.people import ann, bob, eve

__all__ = ("ann", "bob", "eve")
