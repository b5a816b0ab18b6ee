"""Forgets what is written down one by one: poor pages and feedback, events, changes of health. Snapshots have a way
of their own, as have traces.
"""

from collections import Counter

from apps.monitoring.browser.pages import prune_browser
from apps.monitoring.events import book
from apps.monitoring.health import history


def prune_rows() -> Counter[str]:
    """Delete what is older than is kept; return how many of each. Blocks for four queries; raises DatabaseError."""
    return Counter(
        {
            "poor pages and voices": prune_browser(),
            "events": book.prune(),
            "changes of health": history.prune(),
        }
    )
