"""The text of a reply while it grows. No clock, no I/O."""

from apps.chat.text import IMPORTED_MESSAGE_MAX_CHARACTERS, keepable

LONGEST = IMPORTED_MESSAGE_MAX_CHARACTERS


def units_of(text: str) -> int:
    """Return the length in UTF-16 code units, as JavaScript counts."""
    return len(text) + sum(character > "\uffff" for character in text)


class Draft:
    """Takes words, and gives each of them out once with the cursor after them."""

    def __init__(self) -> None:
        self._told: list[str] = []
        self._fresh: list[str] = []
        self._characters = 0
        self.cursor = 0

    @property
    def text(self) -> str:
        """All of it."""
        return "".join((*self._told, *self._fresh))

    @property
    def has_news(self) -> bool:
        """Whether there are words that nobody was told."""
        return bool(self._fresh)

    @property
    def is_full(self) -> bool:
        """Whether no message could hold more."""
        return self._characters >= LONGEST

    def add(self, text: str) -> None:
        """Take words; what cannot be kept safely, or is too much, is left out."""
        kept = keepable(text)[: LONGEST - self._characters]
        if kept:
            self._fresh.append(kept)
            self._characters += len(kept)

    def news(self) -> tuple[str, int]:
        """Return the words that nobody was told, and the cursor after them; from now on they count as told."""
        text = "".join(self._fresh)
        self._told.append(text)
        self._fresh.clear()
        self.cursor += units_of(text)
        return text, self.cursor

    def told(self) -> tuple[str, int]:
        """Return all that was told, and the cursor after it."""
        return "".join(self._told), self.cursor
