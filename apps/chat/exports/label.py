"""What a conversation is called in an exported file: the name it came with, else one made of its number."""

from collections.abc import Iterable
from itertools import count

from django.db.models import Count, QuerySet

from apps.chat.models import Conversation

PREFIX = "perfsite-"


class Labels:
    """Names that are unique within one export: the same file imported by two people is two conversations."""

    def __init__(self, selected: QuerySet[Conversation]) -> None:
        imported = selected.exclude(source_id="").order_by()
        twice = imported.values("source_id").annotate(times=Count("pk")).filter(times__gt=1)
        self._twice = set(twice.values_list("source_id", flat=True))
        self._taken = set(imported.filter(source_id__startswith=PREFIX).values_list("source_id", flat=True))

    def of(self, conversation_id: int, source_id: str) -> str:
        """Return the name of a conversation."""
        if source_id and source_id not in self._twice:
            return source_id
        return next(name for name in _candidates(f"{PREFIX}{conversation_id}") if name not in self._taken)


def _candidates(name: str) -> Iterable[str]:
    yield name
    yield from (f"{name}-{number}" for number in count(2))


def readable(title: str, label: str, *, is_imported: bool) -> str:
    """Return the name for a file that has no column for titles: one of ours also says the title."""
    return label if is_imported else f"{title} ({label})"
