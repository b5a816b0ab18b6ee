"""The monitoring of this process, for views that tell its recorders something."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.monitoring.recorders import Recorders

_running: list["Recorders"] = []


def recorders() -> "Recorders | None":
    """Return the recorders of this process; None where nothing is watched, as in commands."""
    return _running[-1] if _running else None


def begun(made: "Recorders") -> None:
    """Have them be the current ones."""
    _running.append(made)


def ended(made: "Recorders") -> None:
    """Have them be it no more."""
    _running.remove(made)
