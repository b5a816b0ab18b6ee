"""Who is typing. No clock, no I/O of its own: every word of it expires."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Typists:
    """Remembers when each person was last told of, and until when they count as typing."""

    _until: dict[tuple[int, int], float] = field(default_factory=dict)
    _told: dict[tuple[int, int], float] = field(default_factory=dict)
    _names: dict[int, str] = field(default_factory=dict)

    def typed(self, conversation: int, user: int, now: float, *, repeat_seconds: float) -> bool:
        """Note a key; return whether the others should be told (again)."""
        key = (conversation, user)
        if now - self._told.get(key, float("-inf")) < repeat_seconds:
            return False
        self._told[key] = now
        return True

    def heard(self, conversation: int, user: int, name: str, *, until: float) -> None:
        """Note that somebody, anywhere, is typing until a time."""
        self._until[conversation, user] = until
        self._names[user] = name

    def stopped(self, conversation: int, user: int) -> None:
        """Note that somebody sent what they typed; the next key is told at once."""
        self._until.pop((conversation, user), None)
        self._told.pop((conversation, user), None)

    def typing(self, conversation: int, now: float) -> list[tuple[int, str, float]]:
        """Return who is typing: user, name and for how many seconds more."""
        return [
            (user, self._names[user], until - now)
            for (where, user), until in self._until.items()
            if where == conversation and until > now
        ]

    def expire(self, now: float, *, repeat_seconds: float) -> None:
        """Forget what is over."""
        self._until = {key: until for key, until in self._until.items() if until > now}
        self._told = {key: told for key, told in self._told.items() if now - told < repeat_seconds}
        typing = {user for _, user in self._until}
        self._names = {user: name for user, name in self._names.items() if user in typing}
