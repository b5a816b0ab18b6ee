"""JSON with one spelling: what is hashed is what is stored, byte for byte, on every engine."""

import json
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    TextField = models.TextField[Any, Any]
else:
    TextField = models.TextField  # takes no parameters while it runs


def canonical(value: Any) -> str:
    """Return the one JSON text of a value, in ASCII; raise TypeError or ValueError for what JSON cannot hold."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


class CanonicalJSONField(TextField):
    """JSON kept as canonical text: jsonb would rewrite numbers, and with them the hash."""

    if TYPE_CHECKING:
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any

    def get_prep_value(self, value: Any) -> str:
        """Return the text to store."""
        return canonical(value)

    def from_db_value(self, value: str, *_: Any) -> Any:
        """Return the value of a stored text."""
        return json.loads(value)
