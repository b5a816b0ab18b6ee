"""Answers of joined routes that could not be shared, by why; counted in the event loop."""

from collections import Counter

REASONS = ("error", "cookie", "vary", "no-store", "size", "stream")
unshareable: Counter[str] = Counter(dict.fromkeys(REASONS, 0))
