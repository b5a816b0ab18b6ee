"""People, conversations and callers: the chat is what the keys protect."""

from tests.chat.api.conftest import as_ann, as_bob, as_eve, where
from tests.chat.people import ann, bob, eve

__all__ = ("ann", "as_ann", "as_bob", "as_eve", "bob", "eve", "where")
