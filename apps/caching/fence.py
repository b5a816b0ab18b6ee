"""The fence of one read: what was known before a value is read, held against what is known after. No clock, no I/O.

In this process it is the versions of the tags, in the store their stamps. A value whose fence moved in between is given
to who asked before, and kept nowhere.
"""

from collections.abc import Callable, Iterable, Sequence

from apps.caching.record import Stamps
from apps.caching.tag import Fences, Tag, captured, is_unmoved

HOLDERS = b"|"  # what a stamp begins with while somebody is about to write: a list of who is


class Fence:
    """`versions` are of this process, None until taken or while held; `stamps` of the store, None until it answered."""

    __slots__ = ("stamps", "versions")

    def __init__(self) -> None:
        self.versions: Fences | None = None
        self.stamps: Stamps | None = None

    def take(self, wanted: Iterable[Tag]) -> bool:
        """Note the versions of the tags before anything is asked; False while one is held in this process."""
        self.versions = captured(wanted)
        return self.versions is not None

    def hear(self, stamps: Stamps | None) -> bool:
        """Note what the store has as stamps; False while one is held there."""
        self.stamps = stamps
        return stamps is not None

    def covers(self, stamps: Stamps) -> bool:
        """Return whether what was kept under these stamps is current."""
        return self.stamps == stamps

    def stands(self) -> bool:
        """Return whether nothing was invalidated in this process since the versions were taken."""
        return self.versions is not None and is_unmoved(self.versions)

    def round(self, process: Callable[[], str]) -> str:
        """Return what all who read under this fence share, and nobody who reads after an invalidation.

        Without the store's word it is this process's own, whose name is asked for then.
        """
        if self.stamps is not None:
            return b",".join(self.stamps).decode()
        return f"{process()}:{','.join(str(version) for _, version in self.versions or ())}"


def agreed(found: Sequence[bytes | None]) -> Stamps | None:
    """Return the stamps as the store has them, none of them missing; None where one is a list of holders."""
    stamps = tuple([stamp or b"" for stamp in found])
    for stamp in stamps:
        if stamp[:1] == HOLDERS:
            return None
    return stamps
