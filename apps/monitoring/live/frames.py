"""What goes over the live socket, as text."""

from collections.abc import Iterable, Mapping

import orjson

from apps.monitoring.live.announcing import Event
from apps.monitoring.live.limits import TURN_SECONDS

HEARTBEAT = '{"type":"heartbeat"}'


def snapshot(at: float, charts: Mapping[str, bytes], events: Iterable[Event]) -> str:
    """Return everything that is known: what a socket begins with, and goes on with where it fell behind."""
    return f'{{"type":"snapshot","at":{at:.3f},"step":{TURN_SECONDS:g},{_body(charts, events)}}}'


def delta(at: float, charts: Mapping[str, bytes], events: Iterable[Event]) -> str:
    """Return one second."""
    return f'{{"type":"delta","at":{at:.3f},{_body(charts, events)}}}'


def error(code: str, detail: str) -> str:
    """Return why a request was not done."""
    return orjson.dumps({"type": "error", "code": code, "detail": detail}).decode()


def _body(charts: Mapping[str, bytes], events: Iterable[Event]) -> str:
    members = b",".join(orjson.dumps(name) + b":" + data for name, data in charts.items())
    return f'"charts":{{{members.decode()}}},"events":{orjson.dumps(list(events)).decode()}'
