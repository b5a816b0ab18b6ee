"""A policy as JSON Schema: for editors, pipelines and whoever writes an import file."""

from typing import Any

from apps.tuning.declaration import Field
from apps.tuning.handle import Handle

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(handle: Handle[Any]) -> dict[str, Any]:
    """Return the schema of the policy's complete set of values; rules between fields are beyond it."""
    return {
        "$schema": DIALECT,
        "title": handle.title,
        "description": handle.description,
        "type": "object",
        "properties": {field.name: _property(field) for field in handle.fields},
        "additionalProperties": False,
    }


def _property(field: Field) -> dict[str, Any]:
    unit = {"x-unit": field.knob.unit} if field.knob.unit else {}
    return {
        "title": field.label,
        "description": field.knob.help,
        **field.kind.schema(),
        "default": field.default,
        **unit,
        "x-group": field.knob.group,
        "x-effect": field.knob.effect,
    }
