"""What each page shows: its key figures, its charts and its tables."""

from apps.monitoring.pages.content import alerts, browser, cache, deduplication, overview, queries, queues, resilience
from apps.monitoring.pages.content.content import Content

CONTENTS: dict[str, Content] = {
    "": overview.CONTENT,
    "cache": cache.CONTENT,
    "deduplication": deduplication.CONTENT,
    "resilience": resilience.CONTENT,
    "queries": queries.CONTENT,
    "queues": queues.CONTENT,
    "browser": browser.CONTENT,
    "alerts": alerts.CONTENT,
}

__all__ = ("CONTENTS", "Content")
