"""An answer that can be given again."""

from collections.abc import Mapping
from dataclasses import dataclass, field

FIRST_ERROR = 400
# The others are the server's or the connection's own at each answer. Never Set-Cookie: it is about one exchange.
KEPT_HEADERS = ("Content-Type", "Content-Language", "Location", "ETag", "Last-Modified", "Cache-Control")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, the headers that belong to the content, and the body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_replayed: bool = False

    @property
    def is_error(self) -> bool:
        """Whether it says that nothing was done."""
        return self.status >= FIRST_ERROR
