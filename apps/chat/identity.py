"""Who somebody is, by their id, as the cache keeps it. Django's row as it is, so the model stays what it was."""

from datetime import datetime

import msgspec

from apps.caching.namespace import Namespace
from apps.caching.policy import BOUNDS
from apps.chat.families import ACCOUNT
from apps.chat.models import User
from apps.chat.policy.caches import IdentityPolicy
from apps.tuning.declaration import policy
from apps.tuning.knob import knob


@policy
class AccountsPolicy(IdentityPolicy):
    """As for memberships; rows hold the hash of a password."""

    is_sensitive: bool = knob(
        default=True, group=BOUNDS, effect="At once; entries of the other kind are refused.",
        help="Whether accounts are encrypted in the shared store. They are always authenticated.",
    )  # fmt: skip


class UserRow(msgspec.Struct, frozen=True):
    """A row of the table of users; fields named as the columns."""

    id: int
    password: str
    last_login: datetime | None
    is_superuser: bool
    username: str
    first_name: str
    last_name: str
    email: str
    is_staff: bool
    is_active: bool
    date_joined: datetime


FIELDS = UserRow.__struct_fields__
ACCOUNTS: Namespace[UserRow | None] = Namespace(
    "chat.accounts",
    title="Cache: accounts",
    value=UserRow,
    tags=lambda key: (ACCOUNT.of(key[0]),),
    policy=AccountsPolicy,
)


def user_of(user_id: int) -> User | None:
    """Return the user, an instance of the caller's own, or None. No query for one that was read lately."""
    row = ACCOUNTS.get_or_load((user_id,), lambda: _read(user_id))
    return None if row is None else User.from_db("default", FIELDS, msgspec.structs.astuple(row))


def _read(user_id: int) -> UserRow | None:
    found = User.objects.filter(pk=user_id).values_list(*FIELDS).first()
    return None if found is None else UserRow(*found)
