"""Health as it is told: draft-inadarei-api-health-check, the same document for everybody, with checks or without."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import orjson
from django.conf import settings

from apps.monitoring.health.finding import Finding, Result
from apps.monitoring.health.status import Status, worst

MEDIA_TYPE = "application/health+json"
SERVICE = "perfsite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was found at one moment of the monotonic clock, and the two documents that say so.

    Who is asked for readiness answers 503 only where nothing can be done.
    """

    status: Status
    http_status: HTTPStatus
    results: Sequence[Result]
    made_at: float
    brief: bytes
    detailed: bytes


def report_of(results: Sequence[Result]) -> Report:
    """Return the report."""
    status = worst(result.status for result in results)
    brief = head(status)
    return Report(
        status=status,
        http_status=HTTPStatus.SERVICE_UNAVAILABLE if status is Status.FAIL else HTTPStatus.OK,
        results=results,
        made_at=time.monotonic(),
        brief=orjson.dumps(brief),
        detailed=orjson.dumps({**brief, "checks": checks(results)}),
    )


def head(status: Status) -> dict[str, Any]:
    """Return what every answer says. `version` is the one that callers count on, `releaseId` what runs."""
    version = settings.VERSION
    return {"status": status.value, "version": version.split(".")[0], "releaseId": version, "serviceId": SERVICE}


def alive() -> bytes:
    """Return what a process says that does no more than live."""
    return orjson.dumps(head(Status.PASS))


def checks(results: Iterable[Result]) -> dict[str, list[dict[str, Any]]]:
    """Return the checks by their names, as `database:responseTime`."""
    return {
        f"{result.name}:{finding.measurement}": [entry(result, finding)]
        for result in results
        for finding in result.findings
    }


def entry(result: Result, finding: Finding) -> dict[str, Any]:
    """Return one of them; what it has not is left out."""
    told = {
        "componentType": result.component_type,
        "status": finding.status.value,
        "observedValue": finding.value,
        "observedUnit": finding.unit,
        "time": datetime.fromtimestamp(result.at, UTC).isoformat(timespec="milliseconds"),
        "output": finding.output,
    }
    return {name: value for name, value in told.items() if value not in {None, ""}}
