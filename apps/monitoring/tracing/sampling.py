"""Which traces are kept by chance: decided at the begin by the trace's id, so that all processes choose alike."""

from hashlib import blake2b
from secrets import compare_digest

from django.conf import settings

from apps.monitoring.policy.traces import TRACES, TracesPolicy

RANGE = 1 << 52


class Sampler:
    """The id is hashed with a secret: who sends ids of their own cannot make them be kept."""

    def __init__(self) -> None:
        self._secret = int.from_bytes(blake2b(settings.SECRET_KEY.encode(), digest_size=7).digest())
        self._token = f"Bearer {settings.METRICS_TOKEN}".encode() if settings.METRICS_TOKEN else b""
        self._obey(TRACES.current)

    def chooses(self, trace_id: str, path: str = "") -> bool:
        """Return whether a trace that begins is kept whatever becomes of it."""
        if TRACES.current is not self._policy:
            self._obey(TRACES.current)
        threshold = self._threshold
        for beginning, other in self._routes:
            if path.startswith(beginning):
                threshold = other
                break
        return hash((int(trace_id, 16), self._secret)) % RANGE < threshold

    def is_ignored(self, path: str) -> bool:
        """Return whether what happens at a path is never kept."""
        return path.startswith(self._ignored)

    def is_trusted(self, authorization: bytes) -> bool:
        """Return whether the caller may say that a trace is to be kept: one who may read the metrics."""
        return bool(self._token) and compare_digest(authorization, self._token)

    def _obey(self, policy: TracesPolicy) -> None:
        self._policy = policy
        self._threshold = policy.sample_percent / 100 * RANGE
        self._routes = tuple((beginning, percent / 100 * RANGE) for beginning, percent in policy.shares())
        self._ignored = tuple(policy.ignore.split())
