"""Who somebody is, by their id, as the cache keeps it."""

from datetime import datetime

import msgspec

from apps.caching.namespace import Namespace
from apps.caching.policy import BOUNDS
from apps.chat.families import ACCOUNT
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


ACCOUNTS: Namespace[UserRow | None] = Namespace(
    "chat.accounts",
    title="Cache: accounts",
    value=UserRow,
    tags=lambda key: (ACCOUNT.of(key[0]),),
    policy=AccountsPolicy,
)
