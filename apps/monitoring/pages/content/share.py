"""Parts of a whole."""


def share(part: float, whole: float) -> float | None:
    """Return how much of the whole a part is, between 0 and 1; None of nothing."""
    return part / whole if whole else None
