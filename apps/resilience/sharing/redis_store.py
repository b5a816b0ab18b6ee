"""The fleet's state in Redis: one key per breaker, one script per exchange."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from redis import Redis
from redis.exceptions import RedisError

from apps.resilience.breaker.state import State
from apps.resilience.sharing.report import Report, Ruling, StoreError

PREFIX = "perfsite:breaker:"
SCRIPT = Path(__file__).with_name("exchange.lua").read_text()
WORDS = {True: "good", False: "bad", None: "unused"}


class RedisStore:
    """Connects on first use; a failure is a StoreError, and the next exchange tries again."""

    def __init__(self, connect: Callable[[], Redis]) -> None:
        self._client = connect()
        self._script = self._client.register_script(SCRIPT)

    def exchange(self, reports: list[Report]) -> list[Ruling]:
        """Return the fleet's rulings; one round trip for all."""
        try:
            with self._client.pipeline(transaction=False) as pipe:
                for report in reports:
                    self._script(keys=[PREFIX + report.name], args=[encoded(report)], client=pipe)
                answers = pipe.execute()
        except (RedisError, OSError) as error:
            raise StoreError(str(error)) from error
        return [decoded(report.name, answer) for report, answer in zip(reports, answers, strict=True)]

    def processes(self, name: str) -> dict[str, dict[str, Any]]:
        """Return the views of all processes that reported lately, by their names; raise StoreError."""
        try:
            raw: Any = self._client.get(PREFIX + name)
        except (RedisError, OSError) as error:
            raise StoreError(str(error)) from error
        fleet = orjson.loads(raw) if raw else {"processes": {}}
        return {origin: process["view"] for origin, process in dict(fleet["processes"]).items()}

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()


def encoded(report: Report) -> bytes:
    """Return the report as the script reads it."""
    document = {name: getattr(report, name) for name in Report.__slots__ if name not in {"settled", "name"}}
    document["remaining_ms"] = round(document.pop("remaining_seconds") * 1000)
    document["settled"] = [(number, WORDS[is_good]) for number, is_good in report.settled]
    return orjson.dumps(document)


def decoded(name: str, answer: bytes) -> Ruling:
    """Return the script's answer as a ruling."""
    said = orjson.loads(answer)
    return Ruling(
        name=name,
        stamp=int(said["stamp"]),
        state=State(said["state"]),
        remaining_seconds=said["remaining_ms"] / 1000,
        openings=int(said["openings"]),
        reason=said["reason"],
        granted=tuple(said["granted"]),  # Lua's empty table comes as an empty object
        permit_seconds=said["permit_ms"] / 1000,
        is_new=said["is_new"],
    )
