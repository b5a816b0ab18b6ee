"""Types of what comes in: strict, closed to unknown names; lengths and content are the services' to judge."""

from typing import Annotated, Any

from ninja import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from apps.chat.cursor import LARGEST

Id = Annotated[int, Path(ge=1, le=LARGEST)]
Cursor = Annotated[str | None, Query(description="From the `next` of the page before.")]


def bounded(maximum: int) -> Any:
    """Return a field documented with its bounds; the service that takes the text enforces them in its own words."""
    return Field(json_schema_extra={"minLength": 1, "maxLength": maximum})


class Body(BaseModel):
    """A JSON object whose values have exactly the declared types."""

    model_config = ConfigDict(strict=True, extra="forbid")
