"""Tables and logs as files, made while they are sent."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse

FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    def write(self, text: str) -> str:
        """Return what csv would have written."""
        return text


def as_csv(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """Return the rows as a file of comma-separated values, sent as they are read."""
    return _sent(_lines(head, rows), f"{name}.csv", "text/csv; charset=utf-8")


def as_jsonl(name: str, lines: Iterable[str]) -> StreamingHttpResponse:
    """Return one JSON document a line, sent as they are read."""
    return _sent((f"{line}\n" for line in lines), f"{name}.jsonl", "application/x-ndjson")


def _sent(lines: Iterator[str], filename: str, kind: str) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(lines, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer


def _lines(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(head)
    for row in rows:
        yield writer.writerow([_safe(value) for value in row])


def _safe(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
