"""The two forms of a log line, by structlog over the standard library's logging: whoever logs, logs as ever."""

from datetime import UTC, datetime
from logging import Formatter
from typing import Any

import orjson
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name

from apps.monitoring.logs.place import with_place
from apps.monitoring.logs.words import Event, scrub

EXTRA = ("method", "seconds", "status")


def json() -> Formatter:
    """Return the formatter that writes an object on a line."""
    return _formatter(_object)


def console() -> Formatter:
    """Return the formatter that writes for people."""
    return _formatter(_line)


def _formatter(renderer: Any) -> Formatter:
    chain: list[Any] = [add_log_level, add_logger_name, _at, ExtraAdder(allow=EXTRA), with_place, scrub]
    return ProcessorFormatter(
        foreign_pre_chain=chain,
        processors=[ProcessorFormatter.remove_processors_meta, renderer],
        pass_foreign_args=True,
    )


def _at(_logger: Any, _method: str, event: Event) -> Event:
    event["timestamp"] = datetime.fromtimestamp(event["_record"].created, UTC).isoformat(timespec="milliseconds")
    return event


def _object(_logger: Any, _method: str, event: Event) -> str:
    return orjson.dumps(event, default=str).decode()


def _line(_logger: Any, _method: str, event: Event) -> str:
    at, level, name = event.pop("timestamp"), event.pop("level"), event.pop("logger")
    text, error = event.pop("event"), event.pop("exception", "")
    facts = "".join(f" {key}={value}" for key, value in event.items())
    return f"{at} {level.upper():<7} {name}: {text}{facts}" + (f"\n{error}" if error else "")
