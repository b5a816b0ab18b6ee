"""What became of requests to routes whose answers are kept: plain counters of this process."""

from dataclasses import dataclass


@dataclass(slots=True)
class RouteTally:
    """`hits` and `unchanged` (304) were given out before Django; `restored` by it; `made` by the view, `kept` of them.

    `confirmed` of the hits had the shared store looked at first.
    """

    hits: int = 0
    unchanged: int = 0
    confirmed: int = 0
    restored: int = 0
    made: int = 0
    kept: int = 0


routes: dict[str, RouteTally] = {}


def tally_of(route: str) -> RouteTally:
    """Return the counters of a route, by its template."""
    return routes.setdefault(route, RouteTally())
