"""What staff may turn here; each policy lives beside the code that obeys it."""

from apps.deduplication.http.policy import EDGE
from apps.deduplication.idempotency.policy import idempotency

__all__ = ("EDGE", "idempotency")
