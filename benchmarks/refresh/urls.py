"""The project's URLs, and the counters of the process that answers."""

import itertools
import os
from pathlib import Path
from typing import Any

from django.db.backends.signals import connection_created
from django.http import HttpRequest, JsonResponse
from django.urls import include, path

from apps.caching.namespace import namespaces
from perfsite.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
_statements = itertools.count()


def counted(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
    """Count a statement and run it."""
    next(_statements)
    return execute(sql, params, many, context)


def watch(connection: Any, **_: object) -> None:
    """Count what a new connection is asked."""
    if counted not in connection.execute_wrappers:
        connection.execute_wrappers.append(counted)


connection_created.connect(watch)


def counters(_request: HttpRequest) -> JsonResponse:
    """Return queries, memory, and the tally of each namespace."""
    status = Path("/proc/self/status").read_text().split()
    tallies = {
        one.name: {"l1": one.tally.l1, "l2": one.tally.l2, "l3": one.tally.l3, "misses": dict(one.tally.misses)}
        for one in namespaces()
    }
    queries = _statements.__reduce__()[1][0]
    resident = int(status[status.index("VmRSS:") + 1])
    return JsonResponse({"pid": os.getpid(), "queries": queries, "rss_kb": resident, "namespaces": tallies})


urlpatterns = [path("counters", counters), path("", include("perfsite.urls"))]
