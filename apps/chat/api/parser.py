"""JSON as RFC 8259 has it: UTF-8 only, no NaN, no type but application/json."""

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser


class ContentTypeError(ValueError):
    """The body is not declared as JSON."""


class JsonParser(Parser):
    """The standard library's reader: it lets a lone surrogate through to the service that names its field."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the body's value; raise ContentTypeError, ValueError, or RecursionError for a nesting bomb."""
        if request.content_type != "application/json":
            raise ContentTypeError("The body must be application/json.")
        return json.loads(request.body.decode(), parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
