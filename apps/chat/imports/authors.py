"""Who is said to have written an imported message."""

from collections.abc import Iterable
from typing import NamedTuple

from apps.chat.imports.identity import default_name, is_owner
from apps.chat.imports.row import Row
from apps.chat.models import User


class ImportedAuthor(NamedTuple):
    """A user, or a name that cannot sign in; the other is empty."""

    user_id: int | None
    name: str


class Authors:
    """Names to authors. Others than the owner are linked to users only for an operator: nobody speaks for another."""

    def __init__(self, *, owner: User, links_users: bool) -> None:
        self._owner = ImportedAuthor(owner.pk, "")
        self._owner_name = owner.get_username()
        self._links_users = links_users

    def of(self, rows: Iterable[Row]) -> list[ImportedAuthor]:
        """Return each row's author. One query when users are linked, else none."""
        rows = list(rows)
        users = self._users({row.author for row in rows if row.author and row.role == "user"})
        return [self._author(row, users) for row in rows]

    def _author(self, row: Row, users: dict[str, int]) -> ImportedAuthor:
        if is_owner(row, self._owner_name):
            return self._owner
        name = row.author or default_name(row)
        user_id = users.get(name) if row.role == "user" else None
        return ImportedAuthor(None, name) if user_id is None else ImportedAuthor(user_id, "")

    def _users(self, names: set[str]) -> dict[str, int]:
        if not self._links_users or not names:
            return {}
        return dict(User.objects.filter(username__in=names).values_list("username", "pk"))
