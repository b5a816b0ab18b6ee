"""Cursors of keyset pages: opaque to the client, plain whole numbers inside."""

import base64
import binascii

from apps.chat.exceptions import InvalidError

LARGEST = 2**63 - 1


def encoded(*numbers: int) -> str:
    """Return numbers as one URL-safe word."""
    return base64.urlsafe_b64encode(".".join(map(str, numbers)).encode()).decode().rstrip("=")


def decoded(cursor: str, *, count: int, field: str = "cursor") -> tuple[int, ...]:
    """Return the numbers of a cursor; raise InvalidError naming the field when it is none of ours."""
    try:
        words = (
            base64.urlsafe_b64decode(f"{cursor}{'=' * (-len(cursor) % 4)}".encode("ascii")).decode("ascii").split(".")
        )
        numbers = tuple(int(word) for word in words)
    except (ValueError, binascii.Error):
        raise InvalidError(field, "is not one this site gave.") from None
    if len(numbers) != count or not all(0 <= number <= LARGEST for number in numbers):
        raise InvalidError(field, "is not one this site gave.")
    return numbers
