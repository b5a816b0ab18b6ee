"""Why something was changed: every change that staff make says so."""

from apps.tuning.exceptions import PolicyError

REASON_MAX_CHARACTERS = 500


def checked_reason(reason: str) -> str:
    """Return the reason in one line; raise PolicyError when it is blank, too long or unprintable."""
    line = " ".join(reason.split())
    if not line:
        raise PolicyError("reason", "is blank: say why, for those who read the history.")
    if len(line) > REASON_MAX_CHARACTERS:
        raise PolicyError("reason", f"has {len(line):,} characters; {REASON_MAX_CHARACTERS:,} are the most.")
    if not line.isprintable():
        raise PolicyError("reason", "holds characters that cannot be shown.")
    return line
