"""What one page tells when it is left: one message, small, and believed only as far as it makes sense."""

import re
from typing import Annotated, Literal

import msgspec

MAX_BYTES = 8_192
TIMES_MAX = 50
Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=600_000)]
Shift = Annotated[float, msgspec.Meta(ge=0, le=1_000)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Times = Annotated[list[Milliseconds], msgspec.Meta(max_length=TIMES_MAX)]
Timing = Literal["echo", "paint", "first-token"]
Cause = Literal["page", "tabs", "memory", "unchanged", "replayed"]
TRACE = re.compile(r"[0-9a-f]{32}")


class Vitals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Core Web Vitals and the time to the first byte; what a browser does not measure is missing."""

    LCP: Milliseconds | None = None
    INP: Milliseconds | None = None
    TTFB: Milliseconds | None = None
    CLS: Shift | None = None


class Beacon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One visit of a page. `trace` is that of the page's own request."""

    path: Annotated[str, msgspec.Meta(max_length=512, pattern="^/")]
    kind: Literal["navigate", "reload", "back_forward", "prerender"] = "navigate"
    trace: Annotated[str, msgspec.Meta(max_length=32)] = ""
    vitals: Vitals = Vitals()
    timings: dict[Timing, Times] = {}
    avoided: dict[Cause, Count] = {}

    @property
    def trace_id(self) -> str:
        """The page's trace, empty where it is no such name."""
        return self.trace if TRACE.fullmatch(self.trace) else ""


read_beacon = msgspec.json.Decoder(Beacon).decode
