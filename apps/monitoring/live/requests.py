"""What a browser may say over the live socket."""

from dataclasses import dataclass

import orjson

from apps.monitoring.charts.chart import chart_of
from apps.monitoring.live.limits import CHARTS_MAX

KINDS = ("watch", "pause", "resume")


class RequestError(Exception):
    """A frame that cannot be taken; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A frame that has the right form."""

    kind: str
    charts: tuple[str, ...] = ()


def requested(text: str | None) -> Request:
    """Return a frame as a request; raise RequestError, naming the field."""
    try:
        data = orjson.loads(text or "")
    except orjson.JSONDecodeError as error:
        raise RequestError(f"This is not JSON: {error}.") from None
    kind = data.get("type") if isinstance(data, dict) else None
    if kind not in KINDS:
        raise RequestError(f"type: must be one of {', '.join(KINDS)}.")
    return Request(kind=kind, charts=_charts(data.get("charts")) if kind == "watch" else ())


def _charts(names: object) -> tuple[str, ...]:
    if not isinstance(names, list) or len(names) > CHARTS_MAX or not all(isinstance(name, str) for name in names):
        raise RequestError(f"charts: must be a list of {CHARTS_MAX} names at most.")
    if unknown := [name for name in names if chart_of(name) is None]:
        raise RequestError(f"charts: there is no chart {unknown[0][:50]!r}.")
    return tuple(sorted(set(names)))
