"""What every process knows of the replies that are being written anywhere: heard over the bus, told to late joiners.

No I/O but the order to be told again: a process that has just started, or missed something, has whoever writes the
reply tell it from its beginning.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apps.chat.assistant.draft import units_of

Clock = Callable[[], float]
SILENCE_SECONDS = 20.0  # without a word or a sign of life: its end was missed
ASK_SECONDS = 1.0

Events = list[tuple[str, dict[str, Any]]]


@dataclass(slots=True)
class Echo:
    """One reply. `is_whole` while nothing is missing up to `cursor`, and the record is there."""

    id: int
    record: dict[str, Any] | None = None
    parts: list[str] = field(default_factory=list)
    cursor: int = 0
    behind: bool = False
    heard_at: float = 0.0
    asked_at: float = float("-inf")

    @property
    def is_whole(self) -> bool:
        """Whether a late joiner can be told all of it."""
        return self.record is not None and not self.behind

    def take(self, text: str, cursor: int) -> None:
        """Add the words that are new; what begins after a gap is no use."""
        start = cursor - units_of(text)
        if start > self.cursor:
            self.behind = True
        elif cursor >= self.cursor:
            known = self.cursor - start
            self.parts.append(text.encode("utf-16-le")[2 * known :].decode("utf-16-le"))
            self.cursor, self.behind = cursor, False


class Echoes:
    """One reply for each conversation at most. Lives on the event loop."""

    def __init__(self, *, tell: Callable[[int], None], clock: Clock) -> None:
        self._tell, self._clock = tell, clock
        self._echoes: dict[int, Echo] = {}

    def heard(self, conversation: int, kind: str, fields: dict[str, Any]) -> bool:
        """Follow the replies by their events. Words after a gap are held back: they come again, with the rest."""
        if self._is_late(conversation, kind, fields):
            return False
        if kind == "reply":
            self._changed(conversation, fields["reply"])
        if kind != "token":
            return True
        echo = self._known(conversation, fields["reply"])
        echo.take(fields["text"], fields["cursor"])
        self._complete(echo)
        return not echo.behind

    def greetings(self, conversation: int) -> Events:
        """Return the running reply and all of its words so far; what is not known whole comes to all when it is."""
        echo = self._echoes.get(conversation)
        if echo is None:
            return []
        self._complete(echo)
        if not echo.is_whole:
            return []
        token = {"reply": echo.id, "cursor": echo.cursor, "text": "".join(echo.parts)}
        return [("reply", {"reply": echo.record}), ("token", token)]

    def expire(self) -> None:
        """Forget replies whose writers fell silent."""
        oldest = self._clock() - SILENCE_SECONDS
        self._echoes = {key: echo for key, echo in self._echoes.items() if echo.heard_at >= oldest}

    def _is_late(self, conversation: int, kind: str, fields: dict[str, Any]) -> bool:
        """Return whether a writer speaks that was taken for dead: another reply has begun since."""
        echo = self._echoes.get(conversation)
        if kind == "reply" and fields["reply"]["state"] == "writing":
            return echo is not None and fields["reply"]["id"] < echo.id
        return kind == "token" and echo is not None and fields["reply"] < echo.id

    def _changed(self, conversation: int, record: dict[str, Any]) -> None:
        if record["state"] == "writing":
            self._known(conversation, record["id"]).record = record
        elif (echo := self._echoes.get(conversation)) and echo.id == record["id"]:
            del self._echoes[conversation]

    def _known(self, conversation: int, reply: int) -> Echo:
        echo = self._echoes.get(conversation)
        if echo is None or echo.id != reply:
            echo = self._echoes[conversation] = Echo(reply)
        echo.heard_at = self._clock()
        return echo

    def _complete(self, echo: Echo) -> None:
        """Have the reply told from its beginning where it is not known whole; not again and again."""
        now = self._clock()
        if not echo.is_whole and now - echo.asked_at >= ASK_SECONDS:
            echo.asked_at = now
            self._tell(echo.id)
