"""What people think of a page, in their own words or with one click."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from django.db.models import Count, Q
from django.utils import timezone

from apps.monitoring.browser.beacon import TRACE
from apps.monitoring.models import Feedback
from apps.monitoring.routes import route_of

COMMENT_MAX = 1_000


class Opinion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One person's word on one page; something has to be said."""

    path: Annotated[str, msgspec.Meta(max_length=512, pattern="^/")]
    trace: Annotated[str, msgspec.Meta(max_length=32)] = ""
    is_fast: bool | None = None
    is_helpful: bool | None = None
    comment: Annotated[str, msgspec.Meta(max_length=COMMENT_MAX)] = ""

    def __post_init__(self) -> None:
        if self.is_fast is None and self.is_helpful is None and not self.comment.strip():
            raise ValueError("Say whether it was fast, whether it was helpful, or something in your own words")


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """How many said what of a route."""

    route: str
    fast: int
    slow: int
    helpful: int
    unhelpful: int
    comments: int


read_opinion = msgspec.json.Decoder(Opinion).decode


def keep(opinion: Opinion, *, user_id: int) -> None:
    """Keep an opinion. One query."""
    Feedback.objects.create(
        at=timezone.now(),
        user_id=user_id,
        route=route_of(opinion.path),
        trace_id=opinion.trace if TRACE.fullmatch(opinion.trace) else "",
        is_fast=opinion.is_fast,
        is_helpful=opinion.is_helpful,
        comment=opinion.comment.strip(),
    )


def voices(*, since: datetime, until: datetime) -> list[Voices]:
    """Return what was said between two moments, by route, the loudest first. One query."""
    rows = (
        Feedback.objects.filter(at__gte=since, at__lt=until)
        .values("route")
        .annotate(
            fast=Count("pk", filter=Q(is_fast=True)),
            slow=Count("pk", filter=Q(is_fast=False)),
            helpful=Count("pk", filter=Q(is_helpful=True)),
            unhelpful=Count("pk", filter=Q(is_helpful=False)),
            comments=Count("pk", filter=~Q(comment="")),
            all=Count("pk"),
        )
        .order_by("-all", "route")
    )
    return [
        Voices(
            route=row["route"],
            fast=row["fast"],
            slow=row["slow"],
            helpful=row["helpful"],
            unhelpful=row["unhelpful"],
            comments=row["comments"],
        )
        for row in rows
    ]
