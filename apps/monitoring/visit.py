"""One request while it is served: what will be known of it when it has been, for whoever tells of it meanwhile."""

from contextvars import ContextVar
from typing import Any

CLIENT_GONE = 499  # as nginx calls it: who asked left before there was an answer
PRICED = 64  # of so many requests one is timed for what watching costs it, and stands for all of them
current: ContextVar["Visit | None"] = ContextVar("visit", default=None)


class Visit:
    """Filled on the way by the edge and by Django. Durations are of `time.perf_counter`, `at` is seconds since 1970.

    `route` is a template as `api/conversations/<id>`, empty until somebody knows it; `level` is the cache's, where it
    answered. `trace` belongs to tracing, as does `is_kept`. `asked` is Django's request while a view answers it. Of one
    in some the `price` is added up: the seconds that watching it took on the way; of the others it is None.
    """

    __slots__ = (
        "asked", "at", "began", "client", "ended", "error", "is_kept", "level", "method", "path", "price", "request_id",
        "route", "size", "status", "trace", "user_id",
    )  # fmt: skip

    def __init__(self, *, method: str, path: str, request_id: str, began: float, at: float) -> None:
        self.method, self.path, self.request_id = method, path, request_id
        self.began, self.at, self.ended = began, at, 0.0
        self.route = self.level = self.client = ""
        self.status = self.size = 0
        self.user_id: int | None = None
        self.error: BaseException | None = None
        self.trace: Any = None
        self.price: float | None = None
        self.asked: Any = None
        self.is_kept = False

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.began

    def account(self) -> int | None:
        """Return the number of the account that asks, once it is known; asks nobody for it."""
        if self.user_id is None and self.asked is not None:
            user = self.asked.__dict__.get("_cached_user")
            return user.pk if user else None
        return self.user_id
