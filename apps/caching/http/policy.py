"""What staff may turn about finished answers, and how a namespace of them is declared."""

from collections.abc import Callable, Iterable
from typing import Any

from apps.caching.http.answer import StoredAnswer
from apps.caching.keys import Key
from apps.caching.namespace import Namespace
from apps.caching.policy import AT_ONCE, LIFE, CachePolicy
from apps.tuning.declaration import policy
from apps.tuning.exceptions import PolicyError
from apps.tuning.knob import knob

FIRST_TAG = 2


@policy
class AnswersPolicy(CachePolicy):
    """How long finished answers are kept, each in its session's memory: what they are made of is shared below them."""

    l1_seconds: float = knob(
        0.0, unit="seconds", minimum=0, maximum=4, group=LIFE, effect=AT_ONCE,
        help="An answer is one session's, and level 2 has it: level 1 would only hold it twice.",
    )  # fmt: skip
    is_l3_used: bool = knob(
        default=False, group=LIFE, effect="At once.",
        help="Always off: an answer is one session's and one release's. What it is made of is shared.",
    )  # fmt: skip

    def check(self) -> None:
        """No answer leaves the process."""
        CachePolicy.check(self)  # a class with slots is not the one that super() knows
        if self.is_l3_used:
            raise PolicyError("is_l3_used", "must be off: an answer is one session's and one release's.")


def answers(name: str, *, title: str) -> Namespace[StoredAnswer]:
    """Return a namespace for finished answers: a key is the answer's name, the policies' revisions, then the tags."""
    return Namespace(name, title=title, value=StoredAnswer, tags=_tags, policy=AnswersPolicy)


def readers(name: str, *, title: str, tags: Callable[[Any], Iterable[str]]) -> Namespace[int]:
    """Return a namespace for whose a session is, by session and user: in memory only, as finished answers are.

    `tags` names all that ends it: the session's end, whatever becomes of the account.
    """
    return Namespace(name, title=title, value=int, tags=tags, policy=AnswersPolicy)


def _tags(key: Key) -> Iterable[str]:
    return [str(part) for part in key[FIRST_TAG:]]
