"""Cells as rows, where there is no Redis. In a transaction they are committed, or rolled back, with the rest."""

import time
from collections.abc import Mapping, Sequence

from django.db import connection
from django.db.models import Q, QuerySet

from apps.caching.models import Cell

# An expired row is nobody's: whoever comes first takes it over, in one statement.
ADD = (
    "INSERT INTO caching_cell (digest, area, data, expires_at) VALUES (%s, %s, %s, %s) ON CONFLICT (digest)"
    " DO UPDATE SET data = EXCLUDED.data, expires_at = EXCLUDED.expires_at WHERE caching_cell.expires_at <= %s"
)


class DatabaseCells:
    """Each call is one statement; raises DatabaseError, as all else does when the database is away."""

    def __init__(self, area: str) -> None:
        self._area = area

    def read(self, digests: Sequence[str]) -> list[bytes | None]:
        """Return what each holds."""
        found = {digest: bytes(data) for digest, data in _alive(digests).values_list("digest", "data")}
        return [found.get(digest) for digest in digests]

    def write(self, frames: Mapping[str, bytes], seconds: float | None) -> None:
        """Keep the frames."""
        until = _until(seconds)
        Cell.objects.bulk_create(
            (Cell(digest=digest, area=self._area, data=data, expires_at=until) for digest, data in frames.items()),
            update_conflicts=True,
            unique_fields=["digest"],
            update_fields=["data", "expires_at"],
        )

    def add(self, digest: str, frame: bytes, seconds: float | None) -> bool:
        """Keep the frame where there is none that lives."""
        with connection.cursor() as cursor:
            cursor.execute(ADD, [digest, self._area, frame, _until(seconds), time.time()])
            return bool(cursor.rowcount)

    def swap(self, digest: str, old: bytes, new: bytes) -> bool:
        """Put the new frame in the place of the old one."""
        return bool(_alive([digest]).filter(data=old).update(data=new))

    def touch(self, digest: str, seconds: float | None) -> bool:
        """Let the life begin anew."""
        return bool(_alive([digest]).update(expires_at=_until(seconds)))

    def delete(self, digests: Sequence[str]) -> bool:
        """Forget the frames."""
        return bool(_alive(digests).delete()[0])

    def clear(self) -> None:
        """Forget all of the area."""
        Cell.objects.filter(area=self._area).delete()


def _alive(digests: Sequence[str]) -> QuerySet[Cell]:
    return Cell.objects.filter(Q(expires_at=None) | Q(expires_at__gt=time.time()), pk__in=digests)


def _until(seconds: float | None) -> float | None:
    return None if seconds is None else time.time() + seconds
