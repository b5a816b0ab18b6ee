"""Which policies there are: whatever the apps' `policy` modules declare."""

import re
from typing import Any

from apps.tuning.declaration import P
from apps.tuning.exceptions import DeclarationError, UnknownPolicyError
from apps.tuning.handle import Handle

_handles: dict[str, Handle[Any]] = {}


def declare(kind: type[P], *, name: str, title: str) -> Handle[P]:
    """Return the handle through which the policy is read; raise DeclarationError for a name that is taken or odd."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,49}", name):
        raise DeclarationError(f"{name!r} is no name of a policy: small letters, digits and underscores are.")
    if name in _handles:
        raise DeclarationError(f"Two policies are named {name}.")
    _handles[name] = made = Handle(kind, name=name, title=title)
    return made


def withdraw(name: str) -> None:
    """Take a declaration back: for tests, and for apps that are unloaded."""
    _handles.pop(name, None)


def declared() -> tuple[Handle[Any], ...]:
    """Return all policies by name."""
    return tuple(_handles[name] for name in sorted(_handles))


def handle_of(name: str) -> Handle[Any]:
    """Return the policy's handle; raise UnknownPolicyError."""
    if name not in _handles:
        raise UnknownPolicyError(f"There is no policy {name!r}. Declared are {', '.join(sorted(_handles))}.")
    return _handles[name]
