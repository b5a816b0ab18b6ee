"""Who has a conversation open, in all processes. No clock, no I/O of its own.

Each process announces its own people, again and again; what it does not repeat expires, so that the people of a process
that died disappear by themselves.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Elsewhere:
    """The people of one other process in one conversation."""

    users: dict[int, str]
    until: float


@dataclass(slots=True)
class _Conversation:
    """All that is known of one conversation."""

    here: Counter[int] = field(default_factory=Counter)
    names: dict[int, str] = field(default_factory=dict)
    elsewhere: dict[str, _Elsewhere] = field(default_factory=dict)


class Presence:
    """Counts sockets here, believes other processes for a while."""

    def __init__(self) -> None:
        self._conversations: defaultdict[int, _Conversation] = defaultdict(_Conversation)

    def arrive(self, conversation: int, user: int, name: str) -> bool:
        """Count one more socket here; return whether that is the user's first."""
        known = self._conversations[conversation]
        known.here[user] += 1
        known.names[user] = name
        return known.here[user] == 1

    def depart(self, conversation: int, user: int) -> bool:
        """Count one socket less here; return whether that was the user's last."""
        known = self._conversations[conversation]
        known.here[user] -= 1
        is_last = known.here[user] <= 0
        if is_last:
            del known.here[user]
            known.names.pop(user, None)
        self._tidy(conversation)
        return is_last

    def heard(self, origin: str, conversation: int, users: Iterable[tuple[int, str]], *, until: float) -> bool:
        """Take another process's word for its people, until a time; return whether that is news."""
        elsewhere = self._conversations[conversation].elsewhere
        told = dict(users)
        before = elsewhere.get(origin)
        if told:
            elsewhere[origin] = _Elsewhere(told, until)
        else:
            elsewhere.pop(origin, None)
        self._tidy(conversation)
        return (before.users if before else {}) != told

    def gone(self, origin: str) -> set[int]:
        """Forget a process that said goodbye; return the conversations that changed."""
        return self._without(lambda name, _: name == origin)

    def expire(self, now: float) -> set[int]:
        """Forget what was not repeated in time; return the conversations that changed."""
        return self._without(lambda _, word: word.until <= now)

    def users(self, conversation: int) -> dict[int, str]:
        """Return names by user, everywhere, in the order of the ids."""
        known = self._conversations.get(conversation)
        if known is None:
            return {}
        merged = dict(known.names)
        for word in known.elsewhere.values():
            merged |= word.users
        return dict(sorted(merged.items()))

    def here(self, conversation: int) -> list[tuple[int, str]]:
        """Return this process's own people, to be announced."""
        known = self._conversations.get(conversation)
        return sorted(known.names.items()) if known else []

    def announced(self) -> list[int]:
        """Return the conversations with people of this process."""
        return [conversation for conversation, known in self._conversations.items() if known.here]

    def _without(self, is_over: Callable[[str, _Elsewhere], bool]) -> set[int]:
        changed = set()
        for conversation, known in list(self._conversations.items()):
            over = [origin for origin, word in known.elsewhere.items() if is_over(origin, word)]
            for origin in over:
                del known.elsewhere[origin]
            if over:
                changed.add(conversation)
                self._tidy(conversation)
        return changed

    def _tidy(self, conversation: int) -> None:
        known = self._conversations[conversation]
        if not known.here and not known.elsewhere:
            del self._conversations[conversation]
