"""What of the chat is kept in memory, and what it is made of."""

from typing import Any

import msgspec

from apps.caching.http.answer import Body
from apps.caching.http.policy import answers, readers
from apps.caching.namespace import Namespace
from apps.caching.policy import AT_ONCE, LIFE, CachePolicy
from apps.caching.session_name import SESSION
from apps.chat.families import ACCESS, ACCOUNT, CONVERSATION
from apps.tuning.declaration import policy
from apps.tuning.knob import knob


@policy
class IdentityPolicy(CachePolicy):
    """How long it is kept who somebody is and what they may read. Asked at every request that enters Django."""

    l1_seconds: float = knob(
        4.0, unit="seconds", minimum=0, maximum=4, group=LIFE, effect=AT_ONCE,
        help="How long a process gives it out without asking; what it hears of is out at once.",
    )  # fmt: skip
    negative_seconds: float = knob(
        0.0, unit="seconds", minimum=0, maximum=3_600, group=LIFE, effect=AT_ONCE,
        help="How long it is remembered that there is no such user or member. 0: not at all.",
    )  # fmt: skip


@policy
class HistoryPolicy(CachePolicy):
    """How long pages of history are kept. The response path gives them out to whoever may read them."""

    l1_seconds: float = knob(
        4.0, unit="seconds", minimum=0, maximum=4, group=LIFE, effect=AT_ONCE,
        help="How long a process gives it out without asking; what it hears of is out at once.",
    )  # fmt: skip


READABLE_MAX = 10_000  # of one person: 0.7 MB in memory


class Readable(msgspec.Struct, frozen=True):
    """Which conversations somebody may read, by their ids."""

    conversations: frozenset[int]


# The same for every member: whoever asks is asked for their membership first, each time.
HISTORY = Namespace(
    "chat.history",
    title="Cache: pages of history",
    value=Body,
    version=2,
    tags=lambda key: (CONVERSATION.of(key[0]),),
    warm="apps.chat.services.history.loaded_by_key",
    policy=HistoryPolicy,
)
# By user.
READABLE = Namespace(
    "chat.readable",
    title="Cache: who may read what",
    value=Readable,
    tags=lambda key: (ACCESS.of(key[0]),),
    policy=IdentityPolicy,
)
# By session and user: whose a session is, for whoever answers before Django is entered.
READERS = readers(
    "chat.readers", title="Cache: whose a session is", tags=lambda key: (SESSION.of(key[0]), ACCOUNT.of(key[1]))
)
ANSWERS = answers("chat.answers", title="Cache: finished answers of the API")
PAGES = answers("chat.pages", title="Cache: finished pages")


def readers_own(user_id: int, _: Any = None) -> tuple[str, ...]:
    """Return the tags of whatever a signed-in reader gets: the account, and what it may read."""
    return ACCOUNT.of(user_id), ACCESS.of(user_id)
