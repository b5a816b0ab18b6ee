"""Who somebody is, by their id, from the cache. Django's row as it is, so the model stays what it was."""

import msgspec

from apps.chat.models import User
from apps.chat.policy.accounts import ACCOUNTS, UserRow

FIELDS = UserRow.__struct_fields__


def user_of(user_id: int) -> User | None:
    """Return the user, an instance of the caller's own, or None. No query for one that was read lately."""
    row = ACCOUNTS.get_or_load((user_id,), lambda: _read(user_id))
    return None if row is None else User.from_db("default", FIELDS, msgspec.structs.astuple(row))


def _read(user_id: int) -> UserRow | None:
    found = User.objects.filter(pk=user_id).values_list(*FIELDS).first()
    return None if found is None else UserRow(*found)
