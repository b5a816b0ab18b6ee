"""What whoever begins to follow a conversation is told at once, beside its messages: by parts that register here."""

from collections.abc import Callable
from typing import Any

Greeter = Callable[[int], list[tuple[str, dict[str, Any]]]]
_greeters: list[Greeter] = []


def greet_with(greeter: Greeter) -> None:
    """Have a function asked for `(type, fields)` of events, given the conversation. On the event loop: never blocks."""
    if greeter not in _greeters:
        _greeters.append(greeter)


def greetings(conversation: int) -> list[tuple[str, dict[str, Any]]]:
    """Return what the greeters have to say, in the order in which they registered."""
    return [greeting for greeter in _greeters for greeting in greeter(conversation)]
