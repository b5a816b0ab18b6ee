"""The last minutes of one chart, second by second, and their JSON, made once for all who want it."""

from collections import deque
from collections.abc import Mapping

import orjson

from apps.monitoring.live.limits import KEPT_SECONDS

Values = Mapping[str, float | None]


class Ring:
    """Bounded: the oldest second goes when a new one comes. Lines come and go; one that was away has None there."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[float, Values]] = deque(maxlen=int(KEPT_SECONDS))
        self._whole: bytes | None = None
        self.latest = b"{}"
        self.wanted_at = 0.0

    def add(self, at: float, values: Values) -> None:
        """Add a second: the value of each line by its label."""
        self._seconds.append((at, values))
        self.latest = orjson.dumps(values)
        self._whole = None

    @property
    def whole(self) -> bytes:
        """All of it: `times`, and `lines` by their labels."""
        if self._whole is None:
            labels = dict.fromkeys(label for _, values in self._seconds for label in values)
            lines = {label: [values.get(label) for _, values in self._seconds] for label in labels}
            self._whole = orjson.dumps({"times": [at for at, _ in self._seconds], "lines": lines})
        return self._whole
