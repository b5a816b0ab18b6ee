"""Parts that know what is under way in a conversation: they hear its events, and tell whoever begins to follow it."""

from collections.abc import Callable
from typing import Any, Protocol


class Greeter(Protocol):
    """Called on the event loop, so it never blocks. An event is heard before any socket gets it: whoever is greeted
    between two events has been told all up to the first, and gets the second.
    """

    def heard(self, conversation: int, kind: str, fields: dict[str, Any]) -> bool:
        """Take note of an event that is not kept; return whether sockets are to get it."""
        ...

    def greetings(self, conversation: int) -> list[tuple[str, dict[str, Any]]]:
        """Return what to tell, as type and fields of events."""
        ...


_greeters: list[Greeter] = []


def greet_with(greeter: Greeter) -> Callable[[], None]:
    """Have a part hear and greet from now on; return how to end that."""
    _greeters.append(greeter)
    return lambda: _greeters.remove(greeter)


def let_hear(conversation: int, kind: str, fields: dict[str, Any]) -> bool:
    """Let all hear an event; return whether all would have sockets get it."""
    wanted = [greeter.heard(conversation, kind, fields) for greeter in _greeters]
    return all(wanted)


def greetings(conversation: int) -> list[tuple[str, dict[str, Any]]]:
    """Return what all have to say, in the order in which they registered."""
    return [greeting for greeter in _greeters for greeting in greeter.greetings(conversation)]
