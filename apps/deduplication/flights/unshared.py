"""A result that is for one caller only."""


class Unshared(bytes):
    """What work returns when its result may not be given to others: they take turns, one after the other."""

    __slots__ = ()
