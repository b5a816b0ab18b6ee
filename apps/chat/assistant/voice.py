"""Tells everybody a reply while it is written: words gathered for a moment, each with the cursor after them."""

import asyncio
from dataclasses import asdict

from apps.chat.assistant.draft import Draft
from apps.chat.live.publication import publish_live
from apps.chat.records import ReplyRecord

GATHER_SECONDS = 0.05


class Voice:
    """Lives on the event loop; publishing never blocks."""

    def __init__(self, reply: ReplyRecord, draft: Draft) -> None:
        self._reply, self._draft = reply, draft
        self._timer: asyncio.TimerHandle | None = None

    def speak(self) -> None:
        """Tell the words so far: the first at once, what comes within a moment after others together with them."""
        if self._timer is None:
            self._tell_news()
            self._timer = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._gathered)

    def hum(self) -> None:
        """Tell where the reply stands, so that who missed the last words notices."""
        text, cursor = self._draft.news()
        self._tell(text, cursor)

    def repeat(self) -> None:
        """Tell the reply and all its words from the beginning."""
        self._tell_news()
        record = {name: value for name, value in asdict(self._reply).items() if name != "text"}
        publish_live(self._reply.conversation, "reply", {"reply": record})
        self._tell(*self._draft.told())

    def fall_silent(self) -> None:
        """Tell what is left, and nothing more."""
        self._tell_news()
        if self._timer is not None:
            self._timer.cancel()

    def _gathered(self) -> None:
        self._timer = None
        if self._draft.has_news:
            self.speak()

    def _tell_news(self) -> None:
        if self._draft.has_news:
            self._tell(*self._draft.news())

    def _tell(self, text: str, cursor: int) -> None:
        fields = {"reply": self._reply.id, "cursor": cursor, "text": text}
        publish_live(self._reply.conversation, "token", fields)
